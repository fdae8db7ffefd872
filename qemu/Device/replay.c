/*
 * replay=FILE: frames from a packet capture, at virtual times that it says.
 *
 * A frame that comes through a `-netdev` comes when the host's network wakes
 * QEMU. Under `-icount`, where virtual time counts instructions, that is at no
 * particular instruction. A file can say when: its frames are handed to the
 * NIC when the virtual clock shows their time, to the nanosecond, as if they
 * had come from the network. The times are those since the machine's start.
 * outputs.c has the timer, the same that the model has: QEMU moves an idle
 * machine's clock whenever a timer is set, and two of them, set one after the
 * other, would have it go to the first although the second comes sooner.
 *
 * The file is a classic pcap file, little-endian, with microseconds or
 * nanoseconds, of Ethernet: a header of 24 bytes, and for each frame one of 16
 * bytes and the frame. All of it is read and checked before the machine
 * starts, so that an experiment does not find out in its middle that its input
 * is cut.
 *
 * replay-end: the virtual time at which QEMU ends by itself. Who waits for the
 * end of such a run waits for the end of a process, and the run has the same
 * length every time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "sysemu/runstate.h"

#define MAGIC_MICROSECONDS 0xa1b2c3d4
#define MAGIC_NANOSECONDS 0xa1b23c4d
#define MAGIC_NEXT_GENERATION 0x0a0d0d0a
#define VERSION_MAJOR 2
#define VERSION_MINOR 4
#define LINK_TYPE_ETHERNET 1

typedef struct FileHeader {
    uint32_t magic;
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t time_zone;
    uint32_t accuracy;
    uint32_t longest_frame;
    uint32_t link_type;
} FileHeader;

typedef struct RecordHeader {
    uint32_t seconds;
    uint32_t fraction;
    uint32_t bytes_here;
    uint32_t bytes_on_wire;
} RecordHeader;

QEMU_BUILD_BUG_ON(sizeof(FileHeader) != 24);
QEMU_BUILD_BUG_ON(sizeof(RecordHeader) != 16);

static bool check_file_header(LauberhornState *s, Error **errp)
{
    FileHeader header;
    uint32_t magic;
    unsigned int major, minor, link_type;

    if (s->replay.length < sizeof(header)) {
        error_setg(errp, "replay=%s ends after %zu of the %zu bytes of a pcap "
                   "file's header", s->replay_path, s->replay.length,
                   sizeof(header));
        return false;
    }
    memcpy(&header, s->replay.data, sizeof(header));
    magic = le32_to_cpu(header.magic);
    switch (magic) {
    case MAGIC_MICROSECONDS:
        s->replay.nanoseconds_per_tick = SCALE_US;
        break;
    case MAGIC_NANOSECONDS:
        s->replay.nanoseconds_per_tick = SCALE_NS;
        break;
    case MAGIC_NEXT_GENERATION:
        error_setg(errp, "replay=%s is a pcapng file: 'editcap -F nsecpcap' "
                   "makes a pcap file of it", s->replay_path);
        return false;
    default:
        error_setg(errp, "replay=%s begins with 0x%08" PRIx32 " (byte 0): no "
                   "little-endian pcap file", s->replay_path, magic);
        return false;
    }
    major = le16_to_cpu(header.version_major);
    minor = le16_to_cpu(header.version_minor);
    if (major != VERSION_MAJOR || minor != VERSION_MINOR) {
        error_setg(errp, "replay=%s is of version %u.%u (byte 4), not %u.%u",
                   s->replay_path, major, minor, VERSION_MAJOR, VERSION_MINOR);
        return false;
    }
    link_type = le32_to_cpu(header.link_type);
    if (link_type != LINK_TYPE_ETHERNET) {
        error_setg(errp, "replay=%s has link type %u (byte 20), not %u, "
                   "Ethernet", s->replay_path, link_type, LINK_TYPE_ETHERNET);
        return false;
    }
    s->replay.next = sizeof(header);
    return true;
}

static RecordHeader read_record_header(const LauberhornReplay *replay,
                                       size_t offset)
{
    RecordHeader header;

    memcpy(&header, replay->data + offset, sizeof(header));
    return (RecordHeader) {
        .seconds = le32_to_cpu(header.seconds),
        .fraction = le32_to_cpu(header.fraction),
        .bytes_here = le32_to_cpu(header.bytes_here),
        .bytes_on_wire = le32_to_cpu(header.bytes_on_wire),
    };
}

static uint64_t record_time(const LauberhornReplay *replay,
                            const RecordHeader *header)
{
    return header->seconds * NANOSECONDS_PER_SECOND
        + header->fraction * replay->nanoseconds_per_tick;
}

/* What is wrong with the record at `offset`; NULL, and its time, if nothing. */
static char *find_record_fault(const LauberhornReplay *replay, size_t offset,
                               uint64_t earliest, uint64_t *time)
{
    size_t left = replay->length - offset;
    uint32_t ticks = NANOSECONDS_PER_SECOND / replay->nanoseconds_per_tick;
    RecordHeader header;

    if (left < sizeof(header)) {
        return g_strdup_printf("the file ends after %zu of the %zu bytes of "
                               "its header", left, sizeof(header));
    }
    header = read_record_header(replay, offset);
    left -= sizeof(header);
    if (header.fraction >= ticks) {
        return g_strdup_printf("%" PRIu32 " is no fraction of a second in "
                               "%ss", header.fraction,
                               ticks == NANOSECONDS_PER_SECOND
                               ? "nanosecond" : "microsecond");
    }
    if (header.bytes_here > NET_BUFSIZE) {
        return g_strdup_printf("a frame of %" PRIu32 " bytes is longer than "
                               "%d", header.bytes_here, NET_BUFSIZE);
    }
    if (header.bytes_here != header.bytes_on_wire) {
        return g_strdup_printf("%" PRIu32 " bytes of a frame of %" PRIu32
                               " were captured", header.bytes_here,
                               header.bytes_on_wire);
    }
    if (header.bytes_here > left) {
        return g_strdup_printf("the file ends after %zu of the frame's %"
                               PRIu32 " bytes", left, header.bytes_here);
    }
    *time = record_time(replay, &header);
    if (*time < earliest) {
        return g_strdup_printf("its time is %" PRIu64 " ns, that of the frame "
                               "before it %" PRIu64 " ns", *time, earliest);
    }
    return NULL;
}

static bool check_records(LauberhornState *s, Error **errp)
{
    const LauberhornReplay *replay = &s->replay;
    size_t offset = replay->next;
    uint64_t number = 1, time = 0;

    for (; offset < replay->length; number++) {
        g_autofree char *fault = find_record_fault(replay, offset, time,
                                                   &time);

        if (fault) {
            error_setg(errp, "replay=%s: record %" PRIu64 ", at byte %zu: %s",
                       s->replay_path, number, offset, fault);
            return false;
        }
        offset += sizeof(RecordHeader)
            + read_record_header(replay, offset).bytes_here;
    }
    return true;
}

bool lauberhorn_open_replay(LauberhornState *s, Error **errp)
{
    GError *failure = NULL;

    if (!s->replay_path) {
        return true;
    }
    if (!g_file_get_contents(s->replay_path, &s->replay.data,
                             &s->replay.length, &failure)) {
        /* Its message names the file. */
        error_setg(errp, "replay: %s", failure->message);
        g_error_free(failure);
        return false;
    }
    if (!check_file_header(s, errp) || !check_records(s, errp)) {
        lauberhorn_close_replay(s);
        return false;
    }
    return true;
}

void lauberhorn_close_replay(LauberhornState *s)
{
    g_free(s->replay.data);
    s->replay = (LauberhornReplay) { 0 };
}

/* When the next frame comes; UINT64_MAX: none does. */
uint64_t lauberhorn_replay_deadline(const LauberhornState *s)
{
    RecordHeader header;

    if (s->replay.next == s->replay.length) {
        return UINT64_MAX;
    }
    header = read_record_header(&s->replay, s->replay.next);
    return record_time(&s->replay, &header);
}

void lauberhorn_replay_frame(LauberhornState *s)
{
    LauberhornReplay *replay = &s->replay;
    RecordHeader header = read_record_header(replay, replay->next);
    const char *frame = replay->data + replay->next + sizeof(header);

    replay->next += sizeof(header) + header.bytes_here;
    lauberhorn_give_frame(s, (const uint8_t *)frame, header.bytes_here);
}

/* Whether there is still something to happen at a time that was given. */
bool lauberhorn_replay_goes_on(LauberhornState *s)
{
    return s->replay.next < s->replay.length || timer_pending(&s->end_timer);
}

static void end_came(void *opaque)
{
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT);
}

void lauberhorn_init_replay(LauberhornState *s)
{
    timer_init_ns(&s->end_timer, QEMU_CLOCK_VIRTUAL, end_came, s);
    if (s->replay_end > 0) {
        timer_mod(&s->end_timer, MIN(s->replay_end, INT64_MAX));
    }
}

void lauberhorn_exit_replay(LauberhornState *s)
{
    timer_del(&s->end_timer);
    lauberhorn_close_replay(s);
}
