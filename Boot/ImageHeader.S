// One header, two readers: an arm64 Image and an EFI application.
//
// The first 64 bytes are the Image header, which QEMU's -kernel and U-Boot's booti look for
// (Linux, Documentation/arch/arm64/booting.rst). They are a DOS header, too: "MZ" in front, and at
// 0x3c the offset of the PE header, which UEFI looks for and which GRUB's `linux` insists on
// (Microsoft, PE Format; UEFI Specification 2.10, §2.1.1). Both readers get the same bytes at the
// same distances: each section's place in the file is its place in memory.
//
// There is nothing to relocate: code reaches everything relative to the program counter until the
// MMU is on, and then the image is at its linked address. So the relocation directory is there
// and empty; "relocations stripped" would mean that the image runs at its ImageBase only.

#if defined(__aarch64__) && !defined(__linux__)

    .set    MACHINE_ARM64, 0xaa64
    .set    PE32_PLUS, 0x20b
    .set    FILE_IS_EXECUTABLE, 0x0002
    .set    FILE_HAS_NO_LINE_NUMBERS, 0x0004
    .set    FILE_HAS_NO_DEBUG, 0x0200
    .set    SUBSYSTEM_EFI_APPLICATION, 10
    .set    DLL_NX_COMPATIBLE, 0x0100
    .set    SECTION_CODE, 0x00000020
    .set    SECTION_DATA, 0x00000040
    .set    SECTION_EXECUTE, 0x20000000
    .set    SECTION_READ, 0x40000000
    .set    SECTION_WRITE, 0x80000000

    .section .head, "a"
    .global image_header
image_header:
    ccmp    x18, #0, #0xd, pl       // code0: its bytes are "MZ"; changes flags, which nobody reads
    b       image_entry             // code1
    .quad   0                       // text_offset: no wish about where RAM begins
    .quad   image_bytes             // image_size, zeroed part included
    .quad   0b1010                  // flags: anywhere (bit 3), 4 KiB pages (bits 2:1 = 1), little
    .quad   0                       // res2
    .quad   0                       // res3
    .quad   0                       // res4
    .ascii  "ARM\x64"               // magic
    .long   pe_header - image_header // res5

pe_header:
    .ascii  "PE\0\0"
    .short  MACHINE_ARM64
    .short  (section_table_end - section_table) / 40
    .long   0                       // TimeDateStamp: the same sources give the same image
    .long   0                       // PointerToSymbolTable
    .long   0                       // NumberOfSymbols
    .short  section_table - optional_header
    .short  FILE_IS_EXECUTABLE | FILE_HAS_NO_LINE_NUMBERS | FILE_HAS_NO_DEBUG

optional_header:
    .short  PE32_PLUS
    .byte   0, 0                    // LinkerVersion
    .long   image_code_bytes        // SizeOfCode
    .long   image_data_bytes        // SizeOfInitializedData
    .long   image_zeroed_bytes      // SizeOfUninitializedData
    .long   image_efi_entry         // AddressOfEntryPoint
    .long   image_code_offset       // BaseOfCode
    .quad   0                       // ImageBase
    .long   4096                    // SectionAlignment: pages, so that firmware can protect them
    .long   512                     // FileAlignment
    .short  0, 0                    // OperatingSystemVersion
    .short  0, 0                    // ImageVersion
    .short  0, 0                    // SubsystemVersion
    .long   0                       // Win32VersionValue
    .long   image_bytes             // SizeOfImage
    .long   image_code_offset       // SizeOfHeaders
    .long   0                       // CheckSum
    .short  SUBSYSTEM_EFI_APPLICATION
    .short  DLL_NX_COMPATIBLE       // no section is both writable and executable
    .quad   0, 0                    // stack: UEFI gives 128 KiB or more
    .quad   0, 0                    // heap
    .long   0                       // LoaderFlags
    .long   6                       // NumberOfRvaAndSizes: up to the relocation directory
    .quad   0, 0, 0, 0, 0, 0

section_table:
    .ascii  ".text\0\0\0"
    .long   image_code_bytes        // VirtualSize
    .long   image_code_offset       // VirtualAddress
    .long   image_code_bytes        // SizeOfRawData
    .long   image_code_offset       // PointerToRawData
    .long   0, 0                    // relocations, line numbers: none
    .short  0, 0
    .long   SECTION_CODE | SECTION_EXECUTE | SECTION_READ

    .ascii  ".rodata\0"
    .long   image_constant_bytes
    .long   image_constant_offset
    .long   image_constant_bytes
    .long   image_constant_offset
    .long   0, 0
    .short  0, 0
    .long   SECTION_DATA | SECTION_READ

    .ascii  ".data\0\0\0"
    .long   image_variable_bytes    // with the zeroed part, which the file does not have
    .long   image_variable_offset
    .long   image_data_bytes
    .long   image_variable_offset
    .long   0, 0
    .short  0, 0
    .long   SECTION_DATA | SECTION_READ | SECTION_WRITE
section_table_end:

#endif
