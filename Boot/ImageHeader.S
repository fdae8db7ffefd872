// The 64-byte arm64 Image header: what QEMU's -kernel and U-Boot's booti look for.
//
// Layout: Linux, Documentation/arch/arm64/booting.rst. Flags: little-endian, 4 KiB pages, may be
// placed anywhere. text_offset is 0: the image brings no wish about where RAM begins.

#if defined(__aarch64__) && !defined(__linux__)

    .section .head, "ax"
    .global image_header
image_header:
    b       primary_entry           // code0
    .long   0                       // code1
    .quad   0                       // text_offset
    .quad   image_bytes             // image_size, zeroed part included
    .quad   0b1010                  // flags: anywhere (bit 3), 4 KiB pages (bits 2:1 = 1)
    .quad   0                       // res2
    .quad   0                       // res3
    .quad   0                       // res4
    .ascii  "ARM\x64"               // magic
    .long   0                       // res5



#endif
