//! How much of images is held in memory, all together.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// What each image may hold without asking: mostly all that it needs.
const FREE: u64 = 256 << 10;
/// What is shared out.
const UNIT: u64 = 1 << 10;

/// The memory that images share. Cheap to clone; clones share.
///
/// Images that hold a part and wait for more could wait for each other for ever: so one of those that wait may go on
/// without, up to what one image may hold.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    pool: Arc<Semaphore>,
    over: Arc<Mutex<()>>,
}

/// What one image holds of it.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    pool: Option<OwnedSemaphorePermit>,
    over: Option<OwnedMutexGuard<()>>,
}

impl Budget {
    /// `memory` bytes in all, of which one image may hold `longest`.
    pub(crate) fn new(memory: u64, longest: u64) -> Self {
        let pool = memory.saturating_sub(longest).max(memory / 2) / UNIT;
        let pool = usize::try_from(pool).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { pool: Arc::new(Semaphore::new(pool)), over: Arc::default() }
    }

    /// The share of an image that holds nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share { budget: self.clone(), pool: None, over: None }
    }
}

impl Share {
    /// Waits until the image may hold so many bytes.
    pub(crate) async fn grow_to(&mut self, bytes: u64) {
        let held = self.pool.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let wanted = usize::try_from(bytes.saturating_sub(FREE).div_ceil(UNIT)).unwrap_or(usize::MAX);
        if self.over.is_some() || wanted <= held {
            return;
        }
        let more = u32::try_from(wanted - held).unwrap_or(u32::MAX);
        let Budget { pool, over } = self.budget.clone();
        if let Ok(permit) = Arc::clone(&pool).try_acquire_many_owned(more) {
            return self.add(permit);
        }
        tokio::select! {
            biased;
            Ok(permit) = pool.acquire_many_owned(more) => self.add(permit),
            guard = over.lock_owned() => self.over = Some(guard),
        }
    }

    fn add(&mut self, permit: OwnedSemaphorePermit) {
        match &mut self.pool {
            Some(held) => held.merge(permit),
            None => self.pool = Some(permit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const MIB: u64 = 1 << 20;

    #[tokio::test]
    async fn what_is_small_never_waits_and_what_is_large_waits_for_its_share() {
        let budget = Budget::new(8 * MIB, 4 * MIB);
        let (mut one, mut two, mut three, mut four) = (budget.share(), budget.share(), budget.share(), budget.share());
        one.grow_to(2 * MIB).await;
        two.grow_to(2 * MIB).await;
        // The pool is used up: one goes on without, and then nobody.
        three.grow_to(MIB).await;
        three.grow_to(4 * MIB).await;
        four.grow_to(FREE).await;
        let short = Duration::from_millis(50);
        timeout(short, four.grow_to(2 * MIB)).await.expect_err("there is no room");
        drop(one);
        timeout(short, four.grow_to(2 * MIB)).await.expect("there is room");
    }

    #[tokio::test]
    async fn those_that_hold_a_part_and_want_more_do_not_wait_for_each_other_for_ever() {
        let budget = Budget::new(2 * MIB, 64 * MIB);
        let images = (0..20).map(|_| {
            let mut share = budget.share();
            async move {
                for size in 1..10 {
                    share.grow_to(size * MIB).await;
                    tokio::task::yield_now().await;
                }
            }
        });
        timeout(Duration::from_secs(10), futures::future::join_all(images)).await.expect("all of them ended");
    }
}
