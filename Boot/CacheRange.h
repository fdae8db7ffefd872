// Cache maintenance over a range, for assembly.
#ifndef WENGEN_CACHE_RANGE_H
#define WENGEN_CACHE_RANGE_H

// `dc operation` for every data cache line from \start up to \end, and waits for it. Clobbers
// \start, \line and \scratch. CTR_EL0.DminLine (bits 19:16): the smallest line, in words, as a
// power of two.
    .macro  data_cache_range operation, start, end, line, scratch
    mrs     \scratch, ctr_el0
    ubfx    \scratch, \scratch, #16, #4
    mov     \line, #4
    lsl     \line, \line, \scratch
    sub     \scratch, \line, #1
    bic     \start, \start, \scratch
.Lnext\@:
    cmp     \start, \end
    b.hs    .Ldone\@
    dc      \operation, \start
    add     \start, \start, \line
    b       .Lnext\@
.Ldone\@:
    dsb     sy
    .endm

#endif
