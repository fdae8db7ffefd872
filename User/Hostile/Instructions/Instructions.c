/* The header has it all; SwiftPM wants a source file. */
#include "HostileInstructions.h"
