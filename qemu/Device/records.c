/*
 * The call records: one line of text for each call that ended.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "qapi/error.h"
#include "qemu/error-report.h"

bool lauberhorn_open_records(LauberhornState *s, Error **errp)
{
    if (!s->calls_path) {
        return true;
    }
    s->calls = fopen(s->calls_path, "w");
    if (!s->calls) {
        error_setg_file_open(errp, errno, s->calls_path);
        return false;
    }
    return true;
}

/* A file that cannot be written any more is given up, once, and said so. */
static void give_up_records(LauberhornState *s)
{
    error_report("lauberhorn: cannot write '%s': %s; no more call records",
                 s->calls_path, strerror(errno));
    fclose(s->calls);
    s->calls = NULL;
}

void lauberhorn_close_records(LauberhornState *s)
{
    if (s->calls && fclose(s->calls) != 0) {
        error_report("lauberhorn: cannot write '%s': %s", s->calls_path,
                     strerror(errno));
    }
    s->calls = NULL;
}

void lauberhorn_write_record(LauberhornState *s,
                             const LauberhornCallRecord *call)
{
    if (!s->calls) {
        return;
    }
    if (fprintf(s->calls,
                "tag=%" PRIu64 " xid=0x%08" PRIx32 " program=%" PRIu32
                " version=%" PRIu32 " procedure=%" PRIu32 " process=%u core=%u"
                " path=%s ok=%d held=%" PRIu32 " kernelEntries=%" PRIu32
                " instructions=%" PRIu64 " fills=%" PRIu32 " fetches=%" PRIu32
                " writebacks=%" PRIu32 " messages=%" PRIu32 " data=%" PRIu32
                "\n", call->tag, call->xid, call->program, call->version,
                call->procedure, call->process, call->core,
                call->cold ? "cold" : "warm", call->succeeded,
                call->held_loads, call->kernel_entries, call->instructions,
                call->line_fills, call->line_fetches, call->line_write_backs,
                call->coherence_messages,
                call->coherence_messages_with_data) < 0) {
        give_up_records(s);
    }
}

void lauberhorn_flush_records(LauberhornState *s)
{
    /* Free of cost when nothing was written since. */
    if (s->calls && fflush(s->calls) != 0) {
        give_up_records(s);
    }
}
