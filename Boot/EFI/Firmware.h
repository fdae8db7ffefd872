// The part of UEFI that a loader of itself needs (UEFI Specification 2.10; sections at each type).
//
// Functions and fields that are not used are there as padding only.
#ifndef WENGEN_EFI_FIRMWARE_H
#define WENGEN_EFI_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t EFIStatus;
typedef void *EFIHandle;
/// UCS-2, little-endian.
typedef uint16_t EFICharacter;

// Appendix D.
#define EFI_SUCCESS 0
#define EFI_ERROR(number) ((EFIStatus)1 << 63 | (number))
#define EFI_LOAD_ERROR EFI_ERROR(1)
#define EFI_INVALID_PARAMETER EFI_ERROR(2)
#define EFI_BUFFER_TOO_SMALL EFI_ERROR(5)
#define EFI_OUT_OF_RESOURCES EFI_ERROR(9)
#define EFI_NOT_FOUND EFI_ERROR(14)

typedef struct {
  uint32_t a;
  uint16_t b, c;
  uint8_t d[8];
} EFIIdentifier;

#define EFI_PAGE_BYTES 4096

// §7.2: what allocated memory is for. The kernel takes over what has this type.
#define EFI_LOADER_DATA 2
#define EFI_ALLOCATE_ANY_PAGES 0

// §4.2.
typedef struct {
  uint64_t signature;
  uint32_t revision, header_bytes, checksum, reserved;
} EFITableHeader;

// §12.4.
typedef struct EFITextOutput {
  void *reset;
  EFIStatus (*output_string)(struct EFITextOutput *self, const EFICharacter *text);
} EFITextOutput;

// §10.2: a node of a device path; `bytes` is the node's length.
typedef struct {
  uint8_t type, subtype;
  uint8_t bytes[2];
} EFIDevicePath;

#define EFI_PATH_MEDIA 4
#define EFI_PATH_MEDIA_VENDOR 3
#define EFI_PATH_MEDIA_FILE 4
#define EFI_PATH_END 0x7f
#define EFI_PATH_END_ENTIRE 0xff

// §4.4. The number is the position in the table.
typedef struct {
  EFITableHeader header;
  void *functions_0[2];
  EFIStatus (*allocate_pages)(uint32_t how, uint32_t type, uint64_t pages, uint64_t *address);
  EFIStatus (*free_pages)(uint64_t address, uint64_t pages);
  EFIStatus (*get_memory_map)(uint64_t *bytes, void *map, uint64_t *key, uint64_t *descriptor_bytes,
                              uint32_t *descriptor_version);
  void *functions_5[11];
  EFIStatus (*handle_protocol)(EFIHandle handle, const EFIIdentifier *protocol, void **interface);
  void *functions_17[3];
  EFIStatus (*locate_device_path)(const EFIIdentifier *protocol, EFIDevicePath **path,
                                  EFIHandle *device);
  void *functions_21[5];
  EFIStatus (*exit_boot_services)(EFIHandle image, uint64_t map_key);
} EFIBootServices;

_Static_assert(offsetof(EFIBootServices, allocate_pages) == 24 + 8 * 2, "");
_Static_assert(offsetof(EFIBootServices, handle_protocol) == 24 + 8 * 16, "");
_Static_assert(offsetof(EFIBootServices, locate_device_path) == 24 + 8 * 20, "");
_Static_assert(offsetof(EFIBootServices, exit_boot_services) == 24 + 8 * 26, "");

// §4.6.
typedef struct {
  EFIIdentifier identifier;
  void *table;
} EFIConfigurationTable;

// §4.3.
typedef struct {
  EFITableHeader header;
  const EFICharacter *vendor;
  uint32_t firmware_revision;
  EFIHandle console_in_handle;
  void *console_in;
  EFIHandle console_out_handle;
  EFITextOutput *console_out;
  EFIHandle console_error_handle;
  EFITextOutput *console_error;
  void *runtime_services;
  EFIBootServices *boot_services;
  uint64_t configuration_table_count;
  const EFIConfigurationTable *configuration_tables;
} EFISystemTable;

// §9.1.
typedef struct {
  uint32_t revision;
  EFIHandle parent;
  EFISystemTable *system_table;
  EFIHandle device;
  const EFIDevicePath *file_path;
  void *reserved;
  uint32_t load_options_bytes;
  const EFICharacter *load_options;
} EFILoadedImage;

// §13.2.
typedef struct EFILoadFile2 {
  EFIStatus (*load_file)(struct EFILoadFile2 *self, const EFIDevicePath *path, uint8_t is_boot,
                         uint64_t *bytes, void *buffer);
} EFILoadFile2;

// §13.5.
typedef struct EFIFile {
  uint64_t revision;
  EFIStatus (*open)(struct EFIFile *self, struct EFIFile **opened, const EFICharacter *name,
                    uint64_t mode, uint64_t attributes);
  EFIStatus (*close)(struct EFIFile *self);
  void *delete_file;
  EFIStatus (*read)(struct EFIFile *self, uint64_t *bytes, void *buffer);
  void *write;
  EFIStatus (*get_position)(struct EFIFile *self, uint64_t *position);
  EFIStatus (*set_position)(struct EFIFile *self, uint64_t position);
} EFIFile;

#define EFI_FILE_READ 1
#define EFI_FILE_END UINT64_MAX

// §13.4.
typedef struct EFIFileSystem {
  uint64_t revision;
  EFIStatus (*open_volume)(struct EFIFileSystem *self, EFIFile **root);
} EFIFileSystem;

#endif
