// Firmware's console: the only one there is before the device tree was read.

#include "EFI.h"
#include "../include/Boot.h"

// In the image's data, which no relocation and no start-up code has to set up.
static EFITextOutput *console;

void efi_use_console(EFITextOutput *firmware_console) { console = firmware_console; }

void efi_print_byte(uint8_t byte) {
  EFICharacter text[3] = {byte, 0, 0};
  if (byte == '\n') {
    text[0] = '\r';
    text[1] = '\n';
  }
  if (console != NULL) {
    console->output_string(console, text);
  }
}

void efi_print(const char *text) {
  while (*text != 0) {
    efi_print_byte((uint8_t)*text++);
  }
}

void efi_complain(const char *what, EFIStatus status) {
  efi_print("Wengen: cannot start: ");
  efi_print(what);
  if (status != EFI_SUCCESS) {
    // Appendix D: errors have the top bit set, the number is in the rest.
    uint64_t number = status & ~((EFIStatus)1 << 63);
    char digits[21];
    size_t position = sizeof digits - 1;
    digits[position] = 0;
    do {
      digits[--position] = (char)('0' + number % 10);
      number /= 10;
    } while (number > 0);
    efi_print(" (EFI error ");
    efi_print(digits + position);
    efi_print(")");
  }
  efi_print("\n");
}
