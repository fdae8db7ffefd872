#!/usr/bin/env python3
"""Loads the device into QEMU, boots guest.S, and calls it, in every way that TCG can run.

    check.py FOLDER SCRIPTED GUESTS

FOLDER holds lauberhorn.so and libLauberhornModel.so; SCRIPTED the same with scripted_model.c as
the model; GUESTS the programs guest, interrupts and turns.

The frames of a call go to QEMU in UDP datagrams (-netdev dgram). What must hold is written in
the methods test_*; guest.S says how many instructions each procedure takes.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

FOLDER = SCRIPTED = GUESTS = None
CORES = 2
PORT, PROGRAM = 2049, 0x20000001
CLIENT_ETHERNET, NIC_ETHERNET = bytes.fromhex("525400000001"), bytes.fromhex("525400000002")
CLIENT_ADDRESS, NIC_ADDRESS = bytes([10, 0, 2, 2]), bytes([10, 0, 2, 15])
PATIENCE_SECONDS = 30  # A call takes milliseconds; this is only the end of a failure.

# Instructions from the load that brings a call to the load that acknowledges it, and kernel
# entries between them: see guest.S.
WARM = {0: (7, 0), 1: (10, 1), 2: (10, 0), 3: (9, 0)}

FRAME_RECEIVED = 1  # Of a trace's events (Kernel/Tracing).

MODES = {
    "multi": ["-accel", "tcg,thread=multi"],
    "single": ["-accel", "tcg,thread=single"],
    "icount": ["-icount", "shift=0,sleep=off"],
}


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def call_frame(xid, procedure):
    rpc = struct.pack(">10I", xid, 0, 2, PROGRAM, 1, procedure, 0, 0, 0, 0)
    udp = struct.pack(">4H", 1000, PORT, 8 + len(rpc), 0) + rpc
    header = struct.pack(">2B3H2BH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    header += CLIENT_ADDRESS + NIC_ADDRESS
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return NIC_ETHERNET + CLIENT_ETHERNET + b"\x08\x00" + header + udp


def parse_reply(frame):
    """The transaction and the results of a successful reply; anything else is an error."""
    if frame[:6] != CLIENT_ETHERNET or frame[6:12] != NIC_ETHERNET or frame[12:14] != b"\x08\x00":
        raise ValueError(f"not a reply of the NIC: {frame.hex()}")
    length = struct.unpack(">H", frame[38:40])[0]
    rpc = frame[42 : 34 + length]
    xid, kind, accepted, _, _, status = struct.unpack(">6I", rpc[:24])
    if (kind, accepted, status) != (1, 0, 0):
        raise ValueError(f"call failed: {rpc.hex()}")
    return xid, rpc[24:]


def capture_file(frames, fraction_digits=9):
    """A pcap file of frames and their times in nanoseconds."""
    magic = {6: 0xA1B2C3D4, 9: 0xA1B23C4D}[fraction_digits]
    data = struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
    for time, frame in frames:
        seconds, nanoseconds = divmod(time, 10**9)
        fraction = nanoseconds // 10 ** (9 - fraction_digits)
        data += struct.pack("<4I", seconds, fraction, len(frame), len(frame)) + frame
    return data


def read_events(path):
    """Time, tag and number of each event of a trace file; Kernel/Tracing has the format."""
    with open(path, "rb") as file:
        data = file.read()
    return [record[:3] for record in struct.iter_unpack("<QQHHIQ", data[32:])]


class Machine:
    """One QEMU with the guest in it, ready for calls."""

    def __init__(self, mode, device="", plugin="", cores=CORES):
        self.folder = tempfile.TemporaryDirectory()
        self.calls = os.path.join(self.folder.name, "calls")
        self.log = os.path.join(self.folder.name, "log")
        self.capture = os.path.join(self.folder.name, "capture")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = probe.getsockname()
        own = self.socket.getsockname()
        self.command = [
            "qemu-system-aarch64",
            "-plugin", os.path.join(FOLDER, "lauberhorn.so") + plugin,
            "-M", "virt,gic-version=3", "-cpu", "cortex-a57", "-smp", str(cores), "-m", "128",
            *MODES[mode],
            "-display", "none", "-serial", "stdio", "-monitor", "none",
            "-qmp", f"unix:{self.folder.name}/monitor,server=on,wait=off",
            "-d", "guest_errors", "-D", self.log,
            "-kernel", os.path.join(GUESTS, "guest"),
            "-netdev", "dgram,id=net0,local.type=inet,local.host=127.0.0.1,"
            f"local.port={self.address[1]},remote.type=inet,remote.host=127.0.0.1,"
            f"remote.port={own[1]}",
            "-object", f"filter-dump,id=dump0,netdev=net0,file={self.capture}",
            "-device", f"lauberhorn,netdev=net0,mac={NIC_ETHERNET.hex(':')},calls={self.calls}"
            # The guest places its endpoints without regard to colours.
            ",colours=off"
            + ",id=nic0" + device,
        ]  # fmt: skip
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        self.wait_until_ready(cores)

    def wait_for_end(self):
        """QEMU's exit status, when it ends by itself."""
        return self.process.wait(PATIENCE_SECONDS)

    def wait_until_ready(self, cores):
        text = b""
        while len(text) < cores:
            if not select.select([self.process.stdout], [], [], PATIENCE_SECONDS)[0]:
                raise TimeoutError(f"the guest printed only {text!r}")
            byte = os.read(self.process.stdout.fileno(), 1)
            if not byte:
                raise RuntimeError(f"the guest printed {text!r}, QEMU {self.process.stderr.read()}")
            text += byte
        if b"!" in text:
            raise RuntimeError(f"the guest reports {text!r}")

    def send(self, frame):
        self.socket.sendto(frame, self.address)

    def receive(self):
        if not select.select([self.socket], [], [], PATIENCE_SECONDS)[0]:
            raise TimeoutError("no frame from the NIC")
        return self.socket.recv(65536)

    def call(self, xid, procedure):
        self.send(call_frame(xid, procedure))
        reply, results = parse_reply(self.receive())
        if reply != xid:
            raise ValueError(f"reply {reply} to call {xid}")
        return results

    def monitor(self, *commands):
        """Executes commands of QEMU's machine protocol; the last one's answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_SECONDS)
            connection.connect(os.path.join(self.folder.name, "monitor"))
            lines = connection.makefile("rw")
            lines.readline()
            for command in ({"execute": "qmp_capabilities"}, *commands):
                lines.write(json.dumps(command))
                lines.flush()
                answer = {}
                while "return" not in answer:
                    answer = json.loads(lines.readline())
                    if "error" in answer:
                        raise RuntimeError(f"{command}: {answer}")
            return answer["return"]

    def monitor_get(self, name):
        arguments = {"path": "/machine/peripheral/nic0", "property": name}
        return self.monitor({"execute": "qom-get", "arguments": arguments})

    def records(self):
        with open(self.calls) as file:
            return [dict(word.split("=", 1) for word in line.split()) for line in file]

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)
        self.process.stdout.close()
        self.process.stderr.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self.folder.cleanup()


class DeviceTests(unittest.TestCase):
    def test_calls_are_served_and_counted_exactly_in_every_mode(self):
        for mode in MODES:
            with self.subTest(mode), Machine(mode, cores=1) as machine:
                procedures = [0, 1, 2] * 7
                for xid, procedure in enumerate(procedures):
                    results = machine.call(xid, procedure)
                    self.assertEqual(len(results), 8 if procedure == 2 else 0)
                    # The record is there when the reply is.
                    self.assertEqual(len(machine.records()), xid + 1)
                for xid, record in enumerate(machine.records()):
                    self.assertEqual(int(record["xid"], 16), xid)
                    self.assertEqual(record["ok"], "1")
                    self.assertEqual(record["path"], "cold" if xid == 0 else "warm")
                    if xid > 0:
                        measured = int(record["instructions"]), int(record["kernelEntries"])
                        self.assertEqual(measured, WARM[procedures[xid]], record)

    def test_two_cores_hold_loads_at_once_and_both_serve(self):
        for mode in MODES:
            with self.subTest(mode), Machine(mode) as machine:
                # Until the two cores have shown up: calls in pairs, so that one core is busy.
                served = set()
                for xid in range(0, 200, 2):
                    machine.send(call_frame(xid, 1))
                    machine.send(call_frame(xid + 1, 1))
                    self.assertEqual(
                        {parse_reply(machine.receive())[0] for _ in range(2)}, {xid, xid + 1}
                    )
                    served |= {record["core"] for record in machine.records()[-2:]}
                    if len(served) == CORES:
                        break
                self.assertEqual(served, {"0", "1"})

    def test_stall_limit_answers_and_counting_stays_exact(self):
        for mode in MODES:
            # One core, so that no call finds another core while this one gets TRYAGAIN.
            with self.subTest(mode), Machine(mode, ",stall-limit=100000", cores=1) as machine:
                for xid in range(1000):
                    if int.from_bytes(machine.call(xid, 3), "big") >= 20:
                        break
                    time.sleep(0.001)  # Time is what a stall limit needs to pass.
                else:
                    self.fail("1000 calls, and no 20 TRYAGAINs between them")
                for record in machine.records()[1:]:
                    self.assertEqual(int(record["instructions"]), WARM[3][0], record)

    def test_lockstep_runs_are_identical(self):
        runs = []
        for _ in range(3):
            with Machine("icount", device=",lockstep=on") as machine:
                # Procedure 2 returns the guest's clock, so virtual time itself is compared.
                clocks = [machine.call(xid, 2 if xid % 2 else 1) for xid in range(200)]
                try_agains = machine.call(200, 3)
                runs.append((clocks, machine.records(), try_agains))
        self.assertEqual(runs[0], runs[1])
        self.assertEqual(runs[0], runs[2])
        self.assertEqual(runs[0][2], bytes(8))  # No TRYAGAIN, however slow the client.
        clocks = [struct.unpack(">Q", clock)[0] for clock in runs[0][0] if clock]
        self.assertEqual(clocks, sorted(set(clocks)))

    def write_replay(self, data):
        file = tempfile.NamedTemporaryFile(prefix="replay")
        self.addCleanup(file.close)
        file.write(data)
        file.flush()
        return file.name

    def test_replayed_frames_come_at_their_times(self):
        # Odd ones, close ones, two at once; the first second is for the guest to start.
        times = [10**9 + offset for offset in (0, 1001, 50_000, 50_000, 10**7 + 7, 10**8)]
        frames = [(time, call_frame(xid, 2)) for xid, time in enumerate(times)]
        for mode in MODES:
            for digits in (6, 9) if mode == "icount" else (9,):
                replay = self.write_replay(capture_file(frames, digits))
                with self.subTest(mode, digits=digits), Machine(
                    mode, f",replay={replay}", cores=1
                ) as machine:
                    # A call of the network's own comes between, and is served as ever.
                    machine.send(call_frame(99, 1))
                    xids = []
                    for _ in range(len(times) + 1):
                        xid, result = parse_reply(machine.receive())
                        xids.append(xid)
                        if xid == 99:
                            continue
                        # The counter has 62.5 MHz.
                        time = times[xid] // 10 ** (9 - digits) * 10 ** (9 - digits)
                        late = int.from_bytes(result, "big") * 16 - time
                        self.assertGreater(late, -16)
                        if mode == "icount":
                            # Of the two at once, the second waits for the first; the call that is
                            # cold takes longer.
                            self.assertLess(late, 250)
                    xids.remove(99)
                    self.assertEqual(xids, list(range(len(times))))
                    self.assertEqual(machine.monitor_get("violations"), 0)

    def test_replays_are_identical_whatever_the_host_does(self):
        # Bursts and pauses, so that cores work at once, and all wait.
        time, frames = 10**9, []
        for xid in range(600):
            time += (7, 60, 13, 90, 20_000_000 if xid % 60 == 0 else 1700)[xid % 5]
            frames.append((time, call_frame(xid, xid % 3)))
        replay = self.write_replay(capture_file(frames))
        end = time + 10**6
        runs = []
        for _ in range(5):
            with tempfile.NamedTemporaryFile() as trace, Machine(
                "icount", f",replay={replay},replay-end={end},trace={trace.name}", cores=4
            ) as machine:
                self.assertEqual(machine.wait_for_end(), 0)
                records = machine.records()
                # QEMU takes a moment to end.
                events = [event for event in read_events(trace.name) if event[0] < end]
                runs.append((records, events))
        self.assertEqual(sorted(int(record["xid"], 16) for record in runs[0][0]), list(range(600)))
        self.assertGreater(len({record["core"] for record in runs[0][0]}), 1)
        received = [event[0] for event in runs[0][1] if event[2] == FRAME_RECEIVED]
        self.assertEqual(received, [time for time, _ in frames])
        for run in runs[1:]:
            self.assertEqual(runs[0], run)

    def test_replay_end_ends_qemu(self):
        replay = self.write_replay(capture_file([]))
        for mode in MODES:
            with self.subTest(mode), Machine(
                mode, f",replay={replay},replay-end=1000000000"
            ) as machine:
                self.assertEqual(machine.wait_for_end(), 0)

    def test_bad_replay_files_are_refused(self):
        frame = call_frame(0, 0)
        good = capture_file([(5, frame), (7, frame)])
        second = 24 + 16 + len(frame)

        def changed(offset, form, value):
            data = bytearray(good)
            struct.pack_into(form, data, offset, value)
            return bytes(data)

        for data, message in [
            (b"", "ends after 0 of the 24 bytes"),
            (good[:23], "ends after 23 of the 24 bytes"),
            (b"text" * 10, "begins with 0x74786574 (byte 0): no little-endian pcap file"),
            (changed(0, ">I", 0xA1B23C4D), "begins with 0x4d3cb2a1 (byte 0)"),
            (changed(0, "<I", 0x0A0D0D0A), "is a pcapng file"),
            (changed(4, "<H", 3), "is of version 3.4 (byte 4), not 2.4"),
            (changed(20, "<I", 113), "has link type 113 (byte 20), not 1"),
            (good[:25], "record 1, at byte 24: the file ends after 1 of the 16 bytes"),
            (good[: second + 15], f"record 2, at byte {second}: the file ends after 15 of"),
            (good[:-1], f"record 2, at byte {second}: the file ends after {len(frame) - 1} of"),
            (changed(28, "<I", 10**9), "record 1, at byte 24: 1000000000 is no fraction"),
            (changed(32, "<I", 0xFFFFFFFF), "record 1, at byte 24: a frame of 4294967295 bytes"),
            (changed(36, "<I", 1514), f"record 1, at byte 24: {len(frame)} bytes of a frame of"),
            (changed(second + 4, "<I", 4), f"record 2, at byte {second}: its time is 4 ns, that"),
        ]:
            with self.subTest(message):
                run = self.run_refused(f",replay={self.write_replay(data)}")
                self.assertIn(message, run.stderr)
        self.assertIn("/nowhere/replay", self.run_refused(",replay=/nowhere/replay").stderr)
        run = self.run_refused(
            f",lockstep=on,replay={self.write_replay(good)}", "-icount", "shift=0,sleep=off"
        )
        self.assertIn("do not go with lockstep=on", run.stderr)

    def run_refused(self, device, *options, machine="virt,gic-version=3"):
        """What QEMU says of a device that it must refuse."""
        run = subprocess.run(
            ["qemu-system-aarch64", "-display", "none", "-nic", "none", *options,
             "-plugin", os.path.join(FOLDER, "lauberhorn.so"), "-M", machine,
             "-cpu", "cortex-a57", "-device", "lauberhorn" + device],
            capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        self.assertNotEqual(run.returncode, 0)
        return run

    def test_interrupts_at_held_loads(self):
        for mode in MODES:
            with self.subTest(mode):
                run = subprocess.run(
                    ["qemu-system-aarch64", "-display", "none", "-nic", "none",
                     "-plugin", os.path.join(SCRIPTED, "lauberhorn.so"), *MODES[mode],
                     "-M", "virt,gic-version=3", "-cpu", "cortex-a57", "-serial", "stdio",
                     "-kernel", os.path.join(GUESTS, "interrupts"), "-device", "lauberhorn"],
                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                    timeout=PATIENCE_SECONDS,
                )  # fmt: skip
                self.assertEqual((run.stdout, run.returncode), ("abcd", 0), run.stderr)

    def test_turns_are_short_and_each_core_has_its_share(self):
        # By a property of the device: 0 is what QEMU does, 1 s leaves the share alone.
        for device, printed in (("", "ab"), (",turn=1000000000", "a!b"), (",turn=0", "!a")):
            with self.subTest(device):
                run = subprocess.run(
                    ["qemu-system-aarch64", "-display", "none", "-nic", "none",
                     "-plugin", os.path.join(FOLDER, "lauberhorn.so"), *MODES["icount"],
                     "-M", "virt,gic-version=3", "-cpu", "cortex-a57", "-smp", "3",
                     "-serial", "stdio", "-kernel", os.path.join(GUESTS, "turns"),
                     "-device", "lauberhorn" + device],
                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                    timeout=PATIENCE_SECONDS,
                )  # fmt: skip
                self.assertEqual((run.stdout, run.returncode), (printed, 0), run.stderr)

    def test_reset_starts_over(self):
        with Machine("multi") as machine:
            machine.call(0, 0)
            machine.monitor({"execute": "system_reset"})
            machine.wait_until_ready(CORES)
            # The NIC forgot its tables, the guest installed them again; tags start again.
            machine.call(1, 2)
            self.assertEqual([record["tag"] for record in machine.records()], ["1", "1"])
            self.assertEqual(machine.monitor_get("counter-callsReplied"), 1)
            self.assertEqual(machine.monitor_get("violations"), 0)

    def test_violations_are_logged(self):
        with Machine("multi", cores=1) as machine:
            machine.call(0, 4)
            with open(machine.log) as log:
                self.assertIn("lauberhorn: core 0, offset 0x0: ", log.read())

    def test_r5_a_missing_barrier_is_reported_with_core_and_pc(self):
        symbols = subprocess.run(
            ["llvm-nm", os.path.join(GUESTS, "guest")], capture_output=True, text=True, check=True
        ).stdout
        address = {line.split()[2]: int(line.split()[0], 16) for line in symbols.splitlines()}
        for mode in MODES:
            for plugin in ("", ",count=off"):
                with self.subTest(mode + plugin), Machine(mode, plugin=plugin, cores=1) as machine:
                    machine.call(0, 0)
                    machine.call(1, 7)
                    machine.call(2, 1)
                    self.assertEqual(machine.monitor_get("violations"), 0)
                    # A load acknowledges the call before the reply is sent.
                    machine.call(3, 5)
                    machine.call(4, 6)
                    self.assertEqual(machine.monitor_get("violations"), 2)
                    with open(machine.log) as log:
                        lines = log.read().splitlines()
                    for line, load in zip(lines, ("unordered_load", "loop"), strict=True):
                        self.assertIn(f"core 0, pc {address[load]:#x}, ", line)
                        self.assertIn("(R5)", line)

    def test_capture_has_both_directions(self):
        with Machine("multi") as machine:
            machine.call(7, 0)
            machine.close()
            with open(machine.capture, "rb") as file:
                data = file.read()
        frames, position = [], 24
        while position < len(data):
            length = struct.unpack_from("<I", data, position + 8)[0]
            frames.append(data[position + 16 : position + 16 + length])
            position += 16 + length
        self.assertEqual(frames[0], call_frame(7, 0))
        self.assertEqual(parse_reply(frames[1]), (7, b""))

    def test_counting_can_be_switched_off(self):
        with Machine("multi", plugin=",count=off") as machine:
            for xid in range(3):
                machine.call(xid, 1)
            for record in machine.records():
                self.assertEqual((record["instructions"], record["kernelEntries"]), ("0", "0"))

    def test_impossible_properties_are_refused(self):
        for machine, device, message in [
            ("virt", "", "no GICv3"),
            ("virt,gic-version=3", ",address=10.0.2", "no IPv4 address"),
            ("virt,gic-version=3", ",lockstep=on", "needs '-icount'"),
            ("virt,gic-version=3", ",turn=1000000001", "longer than a second"),
            ("virt,gic-version=3", ",lines-base=0x10000000001", "not a multiple"),
            ("virt,gic-version=3", ",lines-base=0x800000000000", "beyond the 44 bits"),
            ("virt,gic-version=3", ",registers-base=0x9000000", "'pl011' is at"),
            ("virt,gic-version=3", ",registers-base=0x10000001000", "in the line window"),
            ("virt,gic-version=3", ",endpoints=0", "the model refuses"),
            ("virt,gic-version=3", ",address=224.0.0.1", "address=224.0.0.1"),
            ("virt,gic-version=3", ",mac=03:00:00:00:00:28", "mac=03:00:00:00:00:28"),
            ("virt,gic-version=3", ",calls=/nowhere/calls", "/nowhere/calls"),
        ]:
            with self.subTest(device or machine):
                self.assertIn(message, self.run_refused(device, machine=machine).stderr)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    FOLDER, SCRIPTED, GUESTS = (os.path.abspath(sys.argv.pop(1)) for _ in range(3))
    unittest.main(verbosity=2)
