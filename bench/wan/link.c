/* The long way between two networks, for kernels without tc's netem: what comes out of one network's interface `wan` goes into the
 * other's after a time, but for packets that are lost by chance.
 *
 *     link MICROSECONDS LOSS SEED        the way of one direction, the share of packets that are lost, 0 to 1
 *
 * The first interface is made in the network where it is started, the second in a new one, which is its own from then on. It says
 * `ready`, and when it is ended by SIGTERM what became of each direction's packets, as JSON. Frames of several TCP segments (TSO) stay
 * together, as long as none of their packets is lost: so a packet costs little, and each is counted and lost by itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <math.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1 << 17, AT_ONCE = 256 };

struct frame {
    struct frame *next;
    uint64_t due;
    size_t length;
    uint8_t bytes[];
};

struct way {
    int from, to;
    struct frame *first, **last;
    uint64_t packets, bytes, lost, refused, frames, late, latest;
};

static uint64_t delay;
static double loss;
static long until_lost;
static volatile sig_atomic_t over;

static void fail(const char *what)
{
    fprintf(stderr, "error: link: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int interface(void)
{
    struct ifreq asked = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, .ifr_name = "wan" };
    int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tun < 0 || ioctl(tun, TUNSETIFF, &asked) || ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4))
        fail("/dev/net/tun");
    return tun;
}

/* How many packets arrive before the next one that does not. */
static long run_of_luck(void)
{
    return loss > 0 ? (long)(log(1 - drand48()) / log1p(-loss)) : LONG_MAX;
}

static int is_lost(void)
{
    if (until_lost-- > 0)
        return 0;
    until_lost = run_of_luck();
    return 1;
}

static struct frame *append(struct way *way, size_t length, uint64_t now)
{
    struct frame *frame = malloc(sizeof *frame + length);
    if (!frame)
        fail("memory");
    *frame = (struct frame){ .due = now + delay, .length = length };
    *way->last = frame;
    way->last = &frame->next;
    return frame;
}

static uint32_t sum(const void *bytes, size_t length, uint32_t sum)
{
    uint16_t word;
    for (const uint8_t *at = bytes; length > 1; at += 2, length -= 2) {
        memcpy(&word, at, 2);
        sum += ntohs(word);
    }
    return sum;
}

static uint16_t folded(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)sum);
}

/* The headers of some segments of a frame: those from byte `from` of its payload on, `length` bytes, to its end or not. */
static void amend(uint8_t *bytes, size_t head, size_t from, size_t length, uint16_t number, int ends)
{
    struct virtio_net_hdr *info = (void *)bytes;
    struct iphdr *ip = (void *)(info + 1);
    struct tcphdr *tcp = (void *)((uint8_t *)ip + ip->ihl * 4);
    size_t whole = head + length - ip->ihl * 4;
    if (length <= info->gso_size)
        info->gso_type = info->gso_size = 0;
    ip->tot_len = htons((uint16_t)(head + length));
    ip->id = htons((uint16_t)(ntohs(ip->id) + number));
    ip->check = 0;
    ip->check = (uint16_t)~folded(sum(ip, ip->ihl * 4, 0));
    tcp->seq = htonl(ntohl(tcp->seq) + (uint32_t)from);
    if (!ends)
        tcp->fin = tcp->psh = 0;
    /* The sum of the pseudo header; whoever gets the packet need not look at the rest (VIRTIO_NET_HDR_F_NEEDS_CSUM). */
    tcp->check = folded(sum(&ip->saddr, 8, IPPROTO_TCP + (uint32_t)whole));
}

/* Hands on a frame's segments from `begin` up to, without, `end`. */
static void hand_on(struct way *way, const uint8_t *bytes, size_t length, size_t head, size_t begin, size_t end, uint64_t now)
{
    const struct virtio_net_hdr *info = (const void *)bytes;
    size_t front = sizeof *info + head, unit = info->gso_size, from = begin * unit, to = length - front;
    if (begin == end)
        return;
    int ends = !unit || end * unit >= to;
    if (!ends)
        to = end * unit;
    struct frame *frame = append(way, front + to - from, now);
    memcpy(frame->bytes, bytes, front);
    memcpy(frame->bytes + front, bytes + front + from, to - from);
    if (begin || !ends)
        amend(frame->bytes, head, from, to - from, (uint16_t)begin, ends);
}

static void take(struct way *way, const uint8_t *bytes, size_t length, uint64_t now)
{
    const struct virtio_net_hdr *info = (const void *)bytes;
    const struct iphdr *ip = (const void *)(info + 1);
    if (length < sizeof *info + sizeof *ip || ip->version != 4)
        return;
    const struct tcphdr *tcp = (const void *)((const uint8_t *)ip + ip->ihl * 4);
    size_t rest = length - sizeof *info, head = info->gso_size ? ip->ihl * 4u + tcp->doff * 4u : rest, begin = 0;
    size_t packets = info->gso_size ? (rest - head + info->gso_size - 1) / info->gso_size : 1;
    way->packets += packets;
    way->bytes += rest + (packets - 1) * head;
    for (size_t each = 0; each < packets; each++) {
        if (is_lost()) {
            way->lost++;
            hand_on(way, bytes, length, head, begin, each, now);
            begin = each + 1;
        }
    }
    hand_on(way, bytes, length, head, begin, packets, now);
}

static void receive(struct way *way)
{
    static uint8_t bytes[MOST];
    for (int each = 0; each < AT_ONCE; each++) {
        ssize_t length = read(way->from, bytes, sizeof bytes);
        if (length <= 0)
            return;
        take(way, bytes, (size_t)length, nanoseconds());
    }
}

static void send_on(struct way *way)
{
    for (struct frame *frame = way->first; frame && frame->due <= nanoseconds(); frame = way->first) {
        uint64_t late = nanoseconds() - frame->due;
        way->frames++;
        way->late += late;
        way->latest = late > way->latest ? late : way->latest;
        way->refused += write(way->to, frame->bytes, frame->length) != (ssize_t)frame->length;
        way->first = frame->next;
        if (!way->first)
            way->last = &way->first;
        free(frame);
    }
}

static void tell(const char *name, const struct way *way, const char *then)
{
    printf("\"%s\": {\"packets\": %lu, \"bytes\": %lu, \"lost\": %lu, \"refused\": %lu, \"late\": %.6f, \"latest\": %.6f}%s", name, way->packets,
           way->bytes, way->lost, way->refused, way->frames ? way->late / 1e9 / way->frames : 0, way->latest / 1e9, then);
}

static void end(int signal)
{
    (void)signal;
    over = 1;
}

static void go(struct way ways[2])
{
    struct pollfd tuns[2] = { { .fd = ways[0].from, .events = POLLIN }, { .fd = ways[1].from, .events = POLLIN } };
    while (!over) {
        uint64_t now = nanoseconds(), wait = 100000000;
        for (int each = 0; each < 2; each++) {
            uint64_t due = ways[each].first ? ways[each].first->due : UINT64_MAX;
            uint64_t left = due > now ? due - now : 0;
            wait = left < wait ? left : wait;
        }
        struct timespec until = { .tv_nsec = (long)wait };
        if (ppoll(tuns, 2, &until, NULL) < 0 && errno != EINTR)
            fail("ppoll");
        /* Many at a time: to wake for each packet takes more of the machine than to move it. */
        nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
        for (int each = 0; each < 2; each++) {
            send_on(&ways[each]);
            receive(&ways[each]);
        }
    }
}

int main(int count, char **given)
{
    if (count != 4)
        return 2;
    delay = strtoull(given[1], NULL, 10) * 1000;
    loss = strtod(given[2], NULL);
    srand48(strtol(given[3], NULL, 10));
    until_lost = run_of_luck();
    signal(SIGTERM, end);
    /* A wire waits for nobody: first, where that is allowed. */
    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
    int near = interface();
    if (unshare(CLONE_NEWNET))
        fail("unshare");
    int far = interface();
    struct way ways[2] = { { .from = near, .to = far }, { .from = far, .to = near } };
    for (int each = 0; each < 2; each++)
        ways[each].last = &ways[each].first;
    printf("ready\n");
    fflush(stdout);
    go(ways);
    printf("{");
    tell("up", &ways[0], ", ");
    tell("down", &ways[1], "}\n");
    return 0;
}
