# For `make gdb`: where the kernel's tables are, as commands. `help user-defined` lists them.
#
# The kernel is linked at its virtual addresses, so that it has symbols once the MMU is on; the
# first stop is at kernel_main.

set pagination off
set print asm-demangle on
set print demangle on

define cores
  info threads
end
document cores
cores: what each core executes.
end

define message-stops
  break kernel_message_call
  break kernel_message_resume
end
document message-stops
message-stops: stop at each CALL and RESUME that a dispatch thread takes.
end

define panic-stops
  break kernel_exception
  break kernel_allocation_attempted
end
document panic-stops
panic-stops: stop where a panic begins.
end

define process
  printf "x0: data %#lx, x1: process %lu, x2: endpoint %lu, x3: line %#lx\n", $x0, $x1, $x2, $x3
end
document process
process: at a stop of message-stops, the process and the endpoint that the message names.
end

hbreak kernel_main
continue
