# For `make gdb`: names, and commands that show the kernel's tables. `wengen` lists them.
#
# The kernel is linked at its virtual addresses, so that it has symbols once the MMU is on. Before
# that nothing is mapped there: the first stop, kernel_main, takes a hardware breakpoint (Makefile).

set pagination off
set print asm-demangle on
set print demangle on
python
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "Tools/Debugger")
import commands
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

define message
  printf "process %lu, endpoint %lu, in the line at %#lx\n", $x1, $x2, $x3
end
document message
message: at a stop of message-stops, the process and the endpoint that the message names.
end

define at-start
  hbreak kernel_main
  continue
end
document at-start
at-start: goes on to kernel_main, in a guest that waits for its first instruction.
end
