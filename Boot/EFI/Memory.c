// What firmware has and gives: pages, and the device tree.

#include "EFI.h"

EFIStatus efi_allocate(const struct EFIApplication *application, uint64_t bytes,
                       struct EFIMemory *memory) {
  uint64_t pages = (bytes + EFI_PAGE_BYTES - 1) / EFI_PAGE_BYTES;
  uint64_t address = 0;
  EFIStatus status = application->services->allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA,
                                                           pages, &address);
  if (status == EFI_SUCCESS) {
    memory->address = address;
    memory->bytes = pages * EFI_PAGE_BYTES;
  }
  return status;
}

int efi_same_identifier(const EFIIdentifier *left, const EFIIdentifier *right) {
  if (left->a != right->a || left->b != right->b || left->c != right->c) {
    return 0;
  }
  for (size_t i = 0; i < sizeof left->d; i++) {
    if (left->d[i] != right->d[i]) {
      return 0;
    }
  }
  return 1;
}

const uint8_t *efi_device_tree(const struct EFIApplication *application) {
  // EFI_DTB_TABLE_GUID (UEFI Specification 2.10, §4.6.1.3).
  static const EFIIdentifier device_tree = {
      0xb1b621d5, 0xf19c, 0x41a5, {0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0}};
  for (uint64_t i = 0; i < application->system->configuration_table_count; i++) {
    const EFIConfigurationTable *entry = &application->system->configuration_tables[i];
    if (efi_same_identifier(&entry->identifier, &device_tree)) {
      return entry->table;
    }
  }
  return NULL;
}
