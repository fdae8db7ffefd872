"""Commands that show the kernel's tables: `wengen` lists them.

They read memory and change nothing. Lines of the FPGA are read, too: its model answers a debugger
with what a line holds, and takes no notice (qemu/Device/README.md). Every list has an end: the
capacities of the kernel's tables.
"""

import gdb

from symbols import NAMES, Value, read, stride, word, words

# Documentation/interface.md §3: the window.
LINE_BYTES = 128
BLOCK_BYTES = 0x4000
CORE_STATE_OFFSET = 0x08000000
CORE_STATE_STRIDE = 0x8000
# Kernel/Core/Dispatch: ThreadTable.capacity, ProcessTable.capacity.
THREADS = 192
PROCESSES = 64
NO_THREAD = 0xffff

STATES = ("created", "runnable", "running", "sleeping", "blocked", "parked", "migrating", "ended")
MODES = ("offline", "general", "dispatch", "user")
KINDS = {0x81: "CALL", 0x82: "TRYAGAIN", 0x83: "YIELDNOW", 0x84: "RETIRE", 0x85: "RESUME",
         0x86: "FRAME", 0x87: "REPLY"}
STATUSES = ("success", "garbage arguments", "system error", "requeue", "fail")

CORE_BLOCK = "$e6wengen9CoreBlockVD"
THREAD_BLOCK = "$e6wengen11ThreadBlockVD"
PROCESS_BLOCK = "$e6wengen12ProcessBlockVD"
PROCESS_STATE = "$e6wengen12ProcessStateVD"


class KernelView:
    """Kernel memory is visible from a core at EL1 only: selects one, and goes back."""

    def __enter__(self):
        self.before = gdb.selected_thread()
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            # PSTATE.EL, bits 3:2.
            if int(gdb.parse_and_eval("$cpsr")) >> 2 & 3 == 1:
                return self
        self.before.switch()
        raise gdb.GdbError(
            "all cores execute user programs, from where the kernel's memory cannot be read: "
            "continue to a stop in the kernel, such as stop-at kernel_message_call")

    def __exit__(self, *exception):
        self.before.switch()


def core_count():
    return len(gdb.selected_inferior().threads())


def pointer(name):
    value = word(NAMES.address(name))
    if value == 0:
        raise gdb.GdbError(f"{name} is not set yet: boot has not come so far")
    return value


def core_block(core):
    step = (stride(CORE_BLOCK) + LINE_BYTES - 1) // LINE_BYTES * LINE_BYTES
    return Value(CORE_BLOCK, pointer("static Kernel.coreTable") + core * step)


def thread_block(thread):
    base = pointer("static Kernel.threadTable")
    return Value(THREAD_BLOCK, base + thread * stride(THREAD_BLOCK))


def used_threads():
    count = min(word(NAMES.address("static ThreadTable.used")), THREADS)
    return [(number, thread_block(number)) for number in range(count)]


def process_block(process):
    """Nil's bytes may be an old process's, so the count of its threads decides."""
    if not 1 <= process <= PROCESSES:
        return None
    block = Value(
        PROCESS_BLOCK, NAMES.address("static ProcessTable.blocks")
        + process * stride(PROCESS_BLOCK))
    state = Value(
        PROCESS_STATE, NAMES.address("static ProcessTable.states")
        + process * stride(PROCESS_STATE))
    return block if block["identifier"] == process and state["liveThreads"] else None


def process_name(process):
    block = process_block(process)
    if block is None:
        return "?"
    count = min(block["plan.name.count"], 32)
    return read(block.address_of("plan.name.bytes"), count).decode("ascii", "replace")


def lines_base():
    state_line = core_block(0)["stateLine"]
    if state_line == 0:
        raise gdb.GdbError("there is no NIC, or boot has not found it yet")
    return state_line - CORE_STATE_OFFSET


def state_name(block):
    return STATES[block["state"]] if block["state"] < len(STATES) else "?"


def where(address):
    """The function at an address, if it is the kernel's."""
    symbol = gdb.execute(f"info symbol {address:#x}", to_string=True).split(" in section")[0]
    name, plus, offset = symbol.strip().rpartition(" + ")
    if symbol.startswith("No symbol"):
        return f"{address:#x}"
    return f"{NAMES.plain(name)}+{offset}" if plus else NAMES.plain(symbol.strip())


class Wengen(gdb.Command):
    """wengen: this list."""

    def __init__(self):
        super().__init__("wengen", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for command in (Cores, RunQueues, Endpoints, Line, Processes, Process, StopAt, Wengen):
            print(command.__doc__)
        for name in ("at-start", "message-stops", "message", "panic-stops"):
            gdb.execute(f"help {name}")


class Command(gdb.Command):
    """A command that looks at the kernel's memory."""

    name = ""
    number = False

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        with KernelView():
            if not self.number:
                self.show()
                return
            try:
                number = int(gdb.parse_and_eval(argument))
            except gdb.error:
                raise gdb.GdbError(f"{self.name}: a number is needed") from None
            self.show(number)


class Cores(Command):
    """cores: what each core executes, and what the kernel has told the NIC about it."""

    name = "cores"

    def show(self):
        base = lines_base()
        executes = {}
        chosen = gdb.selected_thread()
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            level = int(gdb.parse_and_eval("$cpsr")) >> 2 & 3
            pc = int(gdb.parse_and_eval("$pc")) & (1 << 64) - 1
            executes[thread.num - 1] = f"EL{level} {where(pc)}"
        chosen.switch()
        for core in range(core_count()):
            block = core_block(core)
            running = block["runningNumber"]
            who = "dispatch thread"
            if running != NO_THREAD:
                owner = thread_block(running)["process"]
                who = f"thread {running} of {process_name(owner)} (process {owner})"
            state = word(base + CORE_STATE_OFFSET + CORE_STATE_STRIDE * core)
            mode = MODES[state & 0xff] if state & 0xff < len(MODES) else "?"
            print(f"core {core}: {who}; state line {mode}, process {state >> 16 & 0xffff}, "
                  f"endpoint {state >> 32 & 0xffff}; at {executes.get(core, '?')}")


class RunQueues(Command):
    """runqueues: the threads that are ready or asleep on each core."""

    name = "runqueues"

    def show(self):
        threads = used_threads()
        for core in range(core_count()):
            block = core_block(core)
            print(f"core {core}: {block['scheduler.workers.count']} workers ready, "
                  f"{block['scheduler.general.count']} general threads ready, "
                  f"running {block.optional('scheduler.running')}")
            for number, thread in threads:
                if thread["core"] == core and state_name(thread) in ("runnable", "sleeping"):
                    print(f"  thread {number} of {process_name(thread['process'])}: "
                          f"{state_name(thread)}")


class Endpoints(Command):
    """endpoints: who waits on which lines, and what stands in them."""

    name = "endpoints"

    def show(self):
        base = lines_base()
        for core in range(core_count()):
            line = core_block(core).optional("loop")
            if line is not None:
                endpoint = (line - base) // BLOCK_BYTES
                print(f"endpoint {endpoint}: dispatch thread of core {core}; "
                      f"{heads(base, endpoint)}")
        for number, thread in used_threads():
            if not thread["isAttached"] or state_name(thread) == "ended":
                continue
            owner = thread["process"]
            print(f"endpoint {thread['endpoint']}: thread {number} of {process_name(owner)} "
                  f"(process {owner}), {state_name(thread)}; {heads(base, thread['endpoint'])}")


def heads(base, endpoint):
    """In a few words what both control lines hold."""
    found = []
    for parity in (0, 1):
        line = words(base + endpoint * BLOCK_BYTES + parity * LINE_BYTES, 16)
        if any(line):
            found.append(f"C{parity} {tail_words(line[14])}, tag {line[15]}")
    return "; ".join(found) if found else "lines empty"


def tail_words(tail):
    kind = tail & 0xff
    if kind in KINDS:
        return KINDS[kind]
    return STATUSES[kind] if kind < len(STATUSES) else f"{kind:#x}"


class Line(Command):
    """line ENDPOINT: the control lines of an endpoint, word by word, and its overflow lines."""

    name = "line"
    number = True

    def show(self, endpoint):
        if not 0 <= endpoint < 8192:
            raise gdb.GdbError("line: endpoints are numbered from 0 to 8191")
        block = lines_base() + endpoint * BLOCK_BYTES
        for parity in (0, 1):
            line = words(block + parity * LINE_BYTES, 16)
            if not any(line):
                print(f"C{parity}: empty")
                continue
            tail = line[14]
            print(f"C{parity}: {tail_words(tail)}, code {where(line[0])}, data {line[1]:#x}, "
                  f"process {tail >> 16 & 0xffff}, argument bytes {tail >> 32}, tag {line[15]}")
            print("    arguments " + " ".join(f"{value:#x}" for value in line[2:14]))
        used = [number for number in range(32)
                if any(words(block + (2 + number) * LINE_BYTES, 16))]
        print(f"overflow lines with something in them: {used if used else 'none'}")


class Processes(Command):
    """processes: the processes that there are."""

    name = "processes"

    def show(self):
        for number in range(1, PROCESSES + 1):
            block = process_block(number)
            if block is not None:
                print(f"process {number}: {process_name(number)}, {block['threadCount']} threads, "
                      f"{block['pages'] * 4} KiB")


class Process(Command):
    """process N: a process and its threads."""

    name = "process"
    number = True

    def show(self, number):
        block = process_block(number)
        if block is None:
            raise gdb.GdbError(f"process: there is no process {number}; see processes")
        print(f"process {number}: {process_name(number)}, {block['pages'] * 4} KiB, "
              f"entry {block['entry']:#x}, mappings up to {block['nextMapping']:#x}")
        for index, thread in used_threads():
            if thread["process"] != number or state_name(thread) == "ended":
                continue
            context = thread.address_of("context")
            # struct ThreadContext (Boot/include/Boot.h): TPIDR_EL0, x0…x30, SP, PC, PSTATE.
            registers = words(context, 35)
            print(f"  thread {index}: {state_name(thread)}, core {thread['core']}, endpoint "
                  f"{thread['endpoint']}, PC {registers[33]:#x} SP {registers[32]:#x} "
                  f"TTBR0 {thread['userTable']:#x}")


class StopAt(gdb.Command):
    """stop-at NAME: a breakpoint at the function whose Swift name contains this, if it is one."""

    def __init__(self):
        super().__init__("stop-at", gdb.COMMAND_BREAKPOINTS)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("stop-at: part of a function's name is needed")
        found = [argument] if argument in NAMES.address_of else NAMES.matching(argument)
        if len(found) != 1:
            raise gdb.GdbError(
                f"stop-at: {len(found)} symbols match" + "".join(f"\n  {name}"
                                                                 for name in found[:20]))
        print(found[0])
        gdb.execute(f"break *{NAMES.address(found[0]):#x}")


for command in (Cores, RunQueues, Endpoints, Line, Processes, Process, StopAt, Wengen):
    command()
