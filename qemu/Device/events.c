/*
 * The file of events: what the NIC did and when, for Tools/Trace.
 *
 * A header, then records of 32 bytes, little-endian: the format of
 * Kernel/Tracing (StreamFormat.swift, TraceRecord.swift), which the kernel
 * writes as well. Time is QEMU's virtual clock in nanoseconds; the guest's
 * counter CNTVCT counts the same clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "hw/boards.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"

#define FORMAT_MAGIC "WENGENTR"
#define FORMAT_VERSION 1

typedef struct EventFileHeader {
    char magic[8];
    uint32_t version;
    uint32_t record_bytes;
    uint64_t ticks_per_second;
    uint64_t cores;
} EventFileHeader;

typedef struct EventRecord {
    uint64_t time;
    uint64_t tag;
    uint16_t number;
    uint16_t core;
    uint32_t first;
    uint64_t second;
} EventRecord;

QEMU_BUILD_BUG_ON(sizeof(EventFileHeader) != 32);
QEMU_BUILD_BUG_ON(sizeof(EventRecord) != 32);

/* A file that cannot be written any more is given up, once, and said so. */
static void give_up_events(LauberhornState *s)
{
    error_report("lauberhorn: cannot write '%s': %s; no more events",
                 s->trace_path, strerror(errno));
    fclose(s->trace);
    s->trace = NULL;
}

bool lauberhorn_open_events(LauberhornState *s, Error **errp)
{
    EventFileHeader header = {
        .magic = FORMAT_MAGIC,
        .version = cpu_to_le32(FORMAT_VERSION),
        .record_bytes = cpu_to_le32(sizeof(EventRecord)),
        .ticks_per_second = cpu_to_le64(NANOSECONDS_PER_SECOND),
        .cores = cpu_to_le64(current_machine->smp.max_cpus),
    };

    if (!s->trace_path) {
        return true;
    }
    s->trace = fopen(s->trace_path, "wb");
    if (!s->trace || fwrite(&header, sizeof(header), 1, s->trace) != 1) {
        error_setg_file_open(errp, errno, s->trace_path);
        lauberhorn_close_events(s);
        return false;
    }
    return true;
}

void lauberhorn_close_events(LauberhornState *s)
{
    if (s->trace && fclose(s->trace) != 0) {
        error_report("lauberhorn: cannot write '%s': %s", s->trace_path,
                     strerror(errno));
    }
    s->trace = NULL;
}

void lauberhorn_write_event(LauberhornState *s, const LauberhornEvent *event)
{
    EventRecord record = {
        .time = cpu_to_le64(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL)),
        .tag = cpu_to_le64(event->tag),
        .number = cpu_to_le16(event->number),
        .core = cpu_to_le16(event->core),
        .first = cpu_to_le32(event->first),
        .second = cpu_to_le64(event->second),
    };

    if (s->trace && fwrite(&record, sizeof(record), 1, s->trace) != 1) {
        give_up_events(s);
    }
}

void lauberhorn_flush_events(LauberhornState *s)
{
    /* Free of cost when nothing was written since. */
    if (s->trace && fflush(s->trace) != 0) {
        give_up_events(s);
    }
}
