// What the files of the EFI application share.
#ifndef WENGEN_EFI_H
#define WENGEN_EFI_H

#include "Firmware.h"

/// Who started us, with what.
struct EFIApplication {
  EFIHandle image;
  EFISystemTable *system;
  EFIBootServices *services;
  const EFILoadedImage *loaded;
};

/// Bytes in pages that were allocated from firmware; `address` is 0 when there are none.
struct EFIMemory {
  uint64_t address, bytes;
};

// Console.c

/// Writes ASCII text to the firmware's console; a line feed becomes a carriage return and one.
void efi_print(const char *text);
/// One line that names what is wrong, with firmware's status where it has one to give.
void efi_complain(const char *what, EFIStatus status);
/// Firmware's console, for the two functions above.
void efi_use_console(EFITextOutput *console);

// Memory.c

/// Pages that the kernel takes over.
EFIStatus efi_allocate(const struct EFIApplication *application, uint64_t bytes,
                       struct EFIMemory *memory);
/// The device tree that firmware has installed; NULL if there is none.
const uint8_t *efi_device_tree(const struct EFIApplication *application);
int efi_same_identifier(const EFIIdentifier *left, const EFIIdentifier *right);

// InitialArchive.c

/// Loads the initial archive, if there is one: from whom loaded us (LoadFile2), from the file that
/// `initrd=` of the command line names, or from `services.cpio` beside our own file.
EFIStatus efi_load_archive(const struct EFIApplication *application, const char *command_line,
                           struct EFIMemory *archive);

#endif
