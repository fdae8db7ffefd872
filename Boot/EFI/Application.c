// The kernel as an EFI application: collects what the kernel needs, ends firmware, starts it.
//
// Entered by UEFI's own loader, by the UEFI shell, or by GRUB's `linux`: the MMU is on, memory is
// mapped to itself, boot services run. Everything is handed over in a device tree, so that the
// kernel has one way to start: the tree that firmware installed, with the command line, the place
// of the initial archive, and the memory that UEFI's map says is free (Kernel/DeviceTree/HandOver).

#include "EFI.h"
#include "../include/Boot.h"

/// Room for a tree's additions: words, names, ranges of memory.
#define TREE_ADDITION_BYTES 8192
#define COMMAND_LINE_BYTES 2048
/// Firmware may change its memory map while it handles the end of boot services.
#define EXIT_ATTEMPTS 8
/// Linux, Documentation/arch/arm64/booting.rst: a device tree has at most 2 MiB.
#define TREE_LIMIT_BYTES (2 << 20)

/// Load options are UCS-2 by convention, with or without an end.
static int read_command_line(const EFILoadedImage *loaded, char *line) {
  size_t characters = loaded->load_options == NULL ? 0 : loaded->load_options_bytes / 2;
  size_t count = 0;
  for (size_t i = 0; i < characters && loaded->load_options[i] != 0; i++) {
    EFICharacter character = loaded->load_options[i];
    if (count == COMMAND_LINE_BYTES - 1) {
      return 0;
    }
    line[count++] = character < 0x7f ? (char)character : '?';
  }
  line[count] = 0;
  return 1;
}

/// The current memory map; `key` is what exit_boot_services wants.
static EFIStatus read_memory_map(const struct EFIApplication *application,
                                 const struct EFIMemory *room, struct BootTreeRequest *request,
                                 uint64_t *key) {
  uint32_t version;
  request->memory_map = room->address;
  request->memory_map_bytes = room->bytes;
  return application->services->get_memory_map(&request->memory_map_bytes,
                                               (void *)(uintptr_t)room->address, key,
                                               &request->descriptor_bytes, &version);
}

/// Room for the memory map, and for how it grows by this allocation and what comes after.
static EFIStatus allocate_map(const struct EFIApplication *application, struct EFIMemory *room) {
  uint64_t bytes = 0, key, descriptor_bytes = 0;
  uint32_t version;
  EFIStatus status =
      application->services->get_memory_map(&bytes, NULL, &key, &descriptor_bytes, &version);
  if (status != EFI_BUFFER_TOO_SMALL) {
    return status == EFI_SUCCESS ? EFI_LOAD_ERROR : status;
  }
  return efi_allocate(application, bytes + 32 * descriptor_bytes, room);
}

static uint32_t big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/// Everything that needs boot services; on success the request is complete but for the map's last
/// state.
static EFIStatus prepare(const struct EFIApplication *application, struct EFIMemory *map,
                         struct BootTreeRequest *request) {
  static const uint32_t tree_magic = 0xd00dfeed;
  const uint8_t *tree = efi_device_tree(application);
  if (tree == NULL) {
    efi_complain("firmware has installed no device tree (with QEMU: -machine acpi=off)",
                 EFI_SUCCESS);
    return EFI_NOT_FOUND;
  }
  request->tree = (uint64_t)(uintptr_t)tree;
  request->tree_bytes = big_endian(tree + 4);
  if (big_endian(tree) != tree_magic || request->tree_bytes > TREE_LIMIT_BYTES) {
    efi_complain("what firmware has installed as device tree is none", EFI_SUCCESS);
    return EFI_LOAD_ERROR;
  }

  struct EFIMemory line, archive = {0, 0}, output;
  EFIStatus status = efi_allocate(application, COMMAND_LINE_BYTES, &line);
  if (status != EFI_SUCCESS) {
    efi_complain("no memory for the command line", status);
    return status;
  }
  char *text = (char *)(uintptr_t)line.address;
  if (!read_command_line(application->loaded, text)) {
    efi_complain("the command line is longer than 2047 characters", EFI_SUCCESS);
    return EFI_INVALID_PARAMETER;
  }
  request->command_line = line.address;
  while (text[request->command_line_bytes] != 0) {
    request->command_line_bytes++;
  }

  status = efi_load_archive(application, text, &archive);
  if (status != EFI_SUCCESS) {
    efi_complain("the initial archive cannot be loaded", status);
    return status;
  }
  request->archive = archive.address;
  request->archive_bytes = archive.bytes;

  status = efi_allocate(
      application, request->tree_bytes + request->command_line_bytes + TREE_ADDITION_BYTES, &output);
  if (status == EFI_SUCCESS) {
    request->output = output.address;
    request->output_bytes = output.bytes;
    status = allocate_map(application, map);
  }
  if (status != EFI_SUCCESS) {
    efi_complain("no memory for device tree and memory map", status);
  }
  return status;
}

/// UEFI's entry point. Returns only when the kernel cannot start.
EFIStatus efi_main(EFIHandle image, EFISystemTable *system) {
  static const EFIIdentifier loaded_image = {
      0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
  struct EFIApplication application = {
      .image = image, .system = system, .services = system->boot_services};
  struct BootTreeRequest request = {0};
  struct EFIMemory map = {0, 0};
  uint64_t key = 0;

  efi_use_console(system->console_out);
  efi_print("Wengen: started by UEFI\n");
  EFIStatus status = application.services->handle_protocol(image, &loaded_image,
                                                           (void **)&application.loaded);
  if (status != EFI_SUCCESS) {
    efi_complain("firmware does not say how it loaded the kernel", status);
    return status;
  }
  status = prepare(&application, &map, &request);
  if (status != EFI_SUCCESS) {
    return status;
  }

  // Once while there is a console to complain on; the tree is written again from the map's last
  // state, which differs by little.
  status = read_memory_map(&application, &map, &request, &key);
  if (status != EFI_SUCCESS) {
    efi_complain("firmware gives no memory map", status);
    return status;
  }
  if (write_boot_tree(&request) == 0) {
    return EFI_LOAD_ERROR;  // write_boot_tree has said why.
  }
  if (request.archive_bytes > 0) {
    efi_print("Wengen: initial archive loaded\n");
  }
  efi_print("Wengen: boot services end\n");

  // A key is good until the map changes, and printing may have changed it. After the first
  // attempt, failed or not, only the memory services may be called (§7.4.6).
  for (int attempt = 0; attempt < EXIT_ATTEMPTS; attempt++) {
    status = read_memory_map(&application, &map, &request, &key);
    if (status == EFI_SUCCESS) {
      status = application.services->exit_boot_services(image, key);
      if (status == EFI_SUCCESS) {
        break;
      }
    }
  }
  if (status != EFI_SUCCESS) {
    // Firmware may have no console any more; if it has, this is worth a try.
    efi_complain("boot services do not end", status);
    return status;
  }
  efi_use_console(NULL);
  uint64_t bytes = write_boot_tree(&request);
  if (bytes == 0) {
    hang();  // The map has become unusable since it was checked, and there is no console.
  }
  leave_firmware(request.output, bytes);
}
