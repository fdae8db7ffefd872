// The initial archive, from wherever the loader has put it.

#include "EFI.h"

// How Linux and its loaders hand over an initial RAM disk (Linux, Documentation/arch/x86/boot.rst
// and drivers/firmware/efi/libstub): a LoadFile2 protocol on a device path that is this one node.
static EFIStatus load_from_loader(const struct EFIApplication *application,
                                  struct EFIMemory *archive) {
  static const EFIIdentifier load_file2 = {
      0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};
  static const struct {
    EFIDevicePath node;
    EFIIdentifier vendor;
    EFIDevicePath end;
  } initrd_path = {
      {EFI_PATH_MEDIA, EFI_PATH_MEDIA_VENDOR, {4 + 16, 0}},
      {0x5568e427, 0x68fc, 0x4f3d, {0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68}},
      {EFI_PATH_END, EFI_PATH_END_ENTIRE, {4, 0}},
  };
  EFIDevicePath *path = (EFIDevicePath *)&initrd_path;
  EFIHandle device;
  EFILoadFile2 *loader;
  EFIStatus status = application->services->locate_device_path(&load_file2, &path, &device);
  if (status == EFI_SUCCESS) {
    status = application->services->handle_protocol(device, &load_file2, (void **)&loader);
  }
  if (status != EFI_SUCCESS) {
    return EFI_NOT_FOUND;
  }
  uint64_t bytes = 0;
  status = loader->load_file(loader, path, 0, &bytes, NULL);
  if (status != EFI_BUFFER_TOO_SMALL || bytes == 0) {
    return EFI_NOT_FOUND;
  }
  status = efi_allocate(application, bytes, archive);
  if (status == EFI_SUCCESS) {
    status = loader->load_file(loader, path, 0, &bytes, (void *)(uintptr_t)archive->address);
    archive->bytes = bytes;
  }
  return status;
}

static EFIStatus read_whole(const struct EFIApplication *application, EFIFile *file,
                            struct EFIMemory *archive) {
  uint64_t bytes = 0;
  EFIStatus status = file->set_position(file, EFI_FILE_END);
  if (status == EFI_SUCCESS) {
    status = file->get_position(file, &bytes);
  }
  if (status == EFI_SUCCESS) {
    status = file->set_position(file, 0);
  }
  if (status == EFI_SUCCESS) {
    status = bytes == 0 ? EFI_NOT_FOUND : efi_allocate(application, bytes, archive);
  }
  uint64_t done = 0;
  while (status == EFI_SUCCESS && done < bytes) {
    uint64_t part = bytes - done;
    status = file->read(file, &part, (void *)(uintptr_t)(archive->address + done));
    if (status == EFI_SUCCESS && part == 0) {
      status = EFI_LOAD_ERROR;
    }
    done += part;
  }
  archive->bytes = bytes;
  return status;
}

/// Reads a file of the volume that we were loaded from.
static EFIStatus load_file(const struct EFIApplication *application, const EFICharacter *name,
                           struct EFIMemory *archive) {
  static const EFIIdentifier file_system = {
      0x964e5b22, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  EFIFileSystem *volume;
  EFIFile *root;
  EFIFile *file;
  if (application->services->handle_protocol(application->loaded->device, &file_system,
                                             (void **)&volume) != EFI_SUCCESS ||
      volume->open_volume(volume, &root) != EFI_SUCCESS) {
    return EFI_NOT_FOUND;
  }
  EFIStatus status = root->open(root, &file, name, EFI_FILE_READ, 0);
  if (status == EFI_SUCCESS) {
    status = read_whole(application, file, archive);
    file->close(file);
  }
  root->close(root);
  return status;
}

#define NAME_CHARACTERS 256

/// The value of `initrd=` as a file name of UEFI's; 0 if there is none that fits.
static int name_from_command_line(const char *command_line, EFICharacter *name) {
  static const char key[] = "initrd=";
  const char *word = command_line;
  while (*word != 0) {
    size_t length = 0;
    while (key[length] != 0 && word[length] == key[length]) {
      length++;
    }
    if (key[length] == 0) {
      size_t count = 0;
      for (const char *from = word + length; *from > ' '; from++) {
        if (count == NAME_CHARACTERS - 1) {
          return 0;
        }
        name[count++] = *from == '/' ? '\\' : (EFICharacter)*from;
      }
      name[count] = 0;
      return count > 0;
    }
    while (*word > ' ') {
      word++;
    }
    while (*word != 0 && *word <= ' ') {
      word++;
    }
  }
  return 0;
}

/// `services.cpio` in the folder of our own file; 0 if we come from no file.
static int name_beside_us(const struct EFIApplication *application, EFICharacter *name) {
  static const char own[] = "services.cpio";
  const EFIDevicePath *node = application->loaded->file_path;
  size_t folder = 0;
  size_t count = 0;
  for (; node != NULL && node->type == EFI_PATH_MEDIA && node->subtype == EFI_PATH_MEDIA_FILE;
       node = (const EFIDevicePath *)((const uint8_t *)node + (node->bytes[0] | node->bytes[1] << 8))) {
    // The name's characters may be at an odd address.
    const uint8_t *text = (const uint8_t *)node + sizeof *node;
    size_t characters = ((size_t)(node->bytes[0] | node->bytes[1] << 8) - sizeof *node) / 2;
    for (size_t i = 0; i < characters && (text[2 * i] | text[2 * i + 1]) != 0; i++) {
      if (count + sizeof own >= NAME_CHARACTERS) {
        return 0;
      }
      name[count++] = (EFICharacter)(text[2 * i] | text[2 * i + 1] << 8);
      if (name[count - 1] == '\\') {
        folder = count;
      }
    }
  }
  if (count == 0) {
    return 0;
  }
  for (size_t i = 0; i < sizeof own; i++) {
    name[folder + i] = (EFICharacter)own[i];
  }
  return 1;
}

EFIStatus efi_load_archive(const struct EFIApplication *application, const char *command_line,
                           struct EFIMemory *archive) {
  EFICharacter name[NAME_CHARACTERS];
  EFIStatus status = load_from_loader(application, archive);
  if (status != EFI_NOT_FOUND) {
    return status;
  }
  // Asked for by name: then not finding it is an error.
  if (name_from_command_line(command_line, name)) {
    status = load_file(application, name, archive);
    return status == EFI_NOT_FOUND ? EFI_LOAD_ERROR : status;
  }
  status = name_beside_us(application, name) ? load_file(application, name, archive) : EFI_NOT_FOUND;
  return status == EFI_NOT_FOUND ? EFI_SUCCESS : status;
}
