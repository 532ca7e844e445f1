//! A name server that answers as told.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, UdpSocket},
    sync::{Arc, Mutex},
    thread,
};

use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{
        RData, Record, RecordType,
        rdata::{A, AAAA},
    },
};

use crate::namespace::NAME_SERVER;

/// What is answered to one question.
#[derive(Debug, Clone)]
pub enum Answer {
    /// These addresses, those of the family that was asked for.
    Addresses(Vec<IpAddr>),
    /// There is no such name.
    Missing,
    /// The server failed.
    Failing,
    /// Nothing at all.
    Silence,
}

/// Answers, to the end of the process. `answer` is given the name and how often it was asked for before, by family.
pub fn serve(answer: impl Fn(&str, usize) -> Answer + Send + 'static) -> Arc<Mutex<HashMap<String, usize>>> {
    let socket = UdpSocket::bind((Ipv4Addr::from(NAME_SERVER), 53)).expect("the namespace has this port free");
    let counts: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let counting = Arc::clone(&counts);
    thread::spawn(move || {
        let mut packet = [0; 4096];
        loop {
            let (len, from) = socket.recv_from(&mut packet).expect("a socket can be read");
            let Ok(asked) = Message::from_vec(&packet[..len]) else { continue };
            if let Some(reply) = reply(&asked, &counting, &answer) {
                socket
                    .send_to(&reply.to_vec().expect("a message has bytes"), from)
                    .expect("a socket can be written to");
            }
        }
    });
    counts
}

fn reply(
    asked: &Message, counts: &Mutex<HashMap<String, usize>>, answer: &impl Fn(&str, usize) -> Answer,
) -> Option<Message> {
    let query = asked.queries.first()?;
    let name = query.name().to_utf8().trim_end_matches('.').to_owned();
    let count = {
        let mut counts = counts.lock().expect("nobody panics while counting");
        let count = counts.entry(format!("{name} {}", query.query_type())).or_default();
        *count += 1;
        *count - 1
    };
    let mut reply = Message::response(asked.metadata.id, asked.metadata.op_code);
    reply.add_query(query.clone());
    match answer(&name, count) {
        Answer::Addresses(addresses) => {
            let of_family = addresses.into_iter().filter_map(|address| match (address, query.query_type()) {
                (IpAddr::V4(address), RecordType::A) => Some(RData::A(A(address))),
                (IpAddr::V6(address), RecordType::AAAA) => Some(RData::AAAA(AAAA(address))),
                _ => None,
            });
            reply.add_answers(of_family.map(|data| Record::from_rdata(query.name().clone(), 0, data)));
        }
        Answer::Missing => reply.metadata.response_code = ResponseCode::NXDomain,
        Answer::Failing => reply.metadata.response_code = ResponseCode::ServFail,
        Answer::Silence => return None,
    }
    Some(reply)
}
