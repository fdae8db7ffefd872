// The prototype's history as tests: what its authors got wrong, or left empty, once.
//
// Each case names the change of KireinaHoro/enzian-pio-nic that records the fault, or the empty
// test of its simulation suites. What has no counterpart in version 1 of the interface:
//
//     7034812            a store that needs an upgrade: lines are given exclusive (R4, interface §2)
//     02c5500            recovery from lost packets: its cause is unknown; R7 is checked everywhere
//     ffb818b            a one-cycle request that changes: there are no cycles between two steps
//     89bb244            urgency of preemptions: version 1 has none
//     31568cf            unmatched UDP to the kernel: FRAME is not in version 1
//     abd43d9            acknowledgement of a preemption: YIELDNOW is one like every message
//     b55fda7, be169a5, 0ed2fff, 95b268c, 7f93d72
//                        header and payload in separate streams: the model has whole frames
//     d97b11f            the link's own time-out of 40 ms: R2 is checked after every stall limit
//     directory colours  R16, a property of the real home
//     rx-bypass-*, tx-*, icmp6, neighbour resolution, multicast
//                        no FRAME, no transmit pair in version 1
//     OncRpcNestedSim    nested calls are reserved
//     RxReplayPcapSim, scan-sizes, no-promisc
//                        decoding: Tests/ModelTests/DecodingTests.swift

import Interface
import Model
import Testing

@testable import Explorer

struct HistoryCase: Sendable, CustomTestStringConvertible {
  let origin: String
  let name: String
  let run: @Sendable () throws -> Void

  init(_ origin: String, _ name: String, _ run: @escaping @Sendable () throws -> Void) {
    self.origin = origin
    self.name = name
    self.run = run
  }

  var testDescription: String { "\(origin): \(name)" }
}

@Suite struct HistoryTests {
  @Test(arguments: lineCases) func r3R4LinesAndAcknowledgement(_ item: HistoryCase) throws {
    try item.run()
  }

  @Test(arguments: queueCases) func r7R14QueuesAndCores(_ item: HistoryCase) throws {
    try item.run()
  }

  @Test(arguments: switchCases) func r11R13WhatSurvivesASwitch(_ item: HistoryCase) throws {
    try item.run()
  }

  // MARK: - Lines

  static let lineCases: [HistoryCase] = [
    HistoryCase("3220e67", "TRYAGAIN right after a long call finds clean overflow lines") {
      var script = try Script(ProcessPlan(calls: [.echo, .int]))
      try script.arrive()
      try script.run()
      #expect(script.answered(0))
      try script.perform(.stallLimit)
      // The state is checked after every step: nothing of the call stands anywhere.
      try script.run()
      try script.finish()
      #expect(script.answered(1))
    },
    HistoryCase("0f4dfba", "a call that comes while TRYAGAIN is answered is delivered next") {
      var script = try Script(ProcessPlan(calls: [.int, .int]))
      try script.arrive()
      try script.run()
      try script.perform(.stallLimit)
      try script.arrive()
      #expect(script.count(.deliveredToUserLoop) == 0)
      try script.run()
      #expect(script.answered(1))
    },
    HistoryCase("3c881a0", "a line that was evicted and loaded again is no new request") {
      var script = try Script(ProcessPlan(calls: [.int, .int]))
      try script.arrive()
      try script.arrive()
      try script.runToHandler()
      for _ in 0..<4 { try script.perform(.reload(core: 0)) }
      #expect(script.world.nic.callsInFlight == 2)
      try script.finish()
    },
    HistoryCase("5840a9b", "TRYAGAIN loaded again stays TRYAGAIN although a call has come") {
      var script = try Script(ProcessPlan(calls: [.int, .int]))
      try script.arrive()
      try script.run()
      try script.perform(.stallLimit)
      try script.step(0)
      let loop = script.world.threads[0].loop
      let before = try script.world.loadWord(ControlLineWord.code, of: loop, on: 0)
      try script.arrive()
      try script.perform(.reload(core: 0))
      #expect(try script.world.loadWord(ControlLineWord.code, of: loop, on: 0) == before)
      try script.finish()
      #expect(script.answered(1))
    },
    HistoryCase("ef14738", "a message that no core loaded is not acknowledged") {
      var script = try Script(ProcessPlan(calls: [.int, .int]))
      try script.arrive()
      try script.run()
      // An interrupt at the held load; the message comes before the load is executed again.
      try script.perform(.interrupt(core: 0))
      try script.arrive()
      #expect(script.world.nic.callsInFlight == 1)
      try script.runToHandler()
      try script.finish()
      #expect(script.answered(1))
    },
    HistoryCase("ed556c7", "after the last call the next load is held and gets nothing twice") {
      var script = try Script(ProcessPlan(calls: [.int]))
      try script.arrive()
      try script.run()
      #expect(script.answered(0))
      #expect(script.world.cores[0].isStalled)
      #expect(script.count(.deliveredThroughKernel) == 1)
      #expect(script.count(.deliveredToUserLoop) == 0)
    },
    HistoryCase("92eeb73", "a call that comes between answer and acknowledgement is kept") {
      var script = try Script(ProcessPlan(calls: [.int, .int]))
      try script.arrive()
      try script.runToHandler()
      try script.step(0)
      try script.arrive()
      try script.run()
      #expect(script.answered(0) && script.answered(1))
    },
    HistoryCase("d020ea7", "the load that acknowledges call n brings call n + 1") {
      var script = try Script(ProcessPlan(calls: [.int, .int, .int]))
      for _ in 0..<3 { try script.arrive() }
      try script.runToHandler()
      for call in 0..<3 {
        #expect(script.world.nic.callsInFlight == 3 - call)
        try script.step(0)
        try script.run { $0.isInHandler(0) }
      }
      #expect(script.world.calls.allSatisfy { $0 == .answered })
    },
    HistoryCase("roundtrip-oncrpc", "request before the load, and load before the request") {
      for isLoadFirst in [false, true] {
        var script = try Script(ProcessPlan(calls: [.int, .echo]))
        if isLoadFirst { try script.runAll() }
        try script.arrive()
        try script.runAll()
        #expect(script.answered(0))
        try script.finish()
      }
    },
  ]

  // MARK: - Queues

  static let queueCases: [HistoryCase] = [
    HistoryCase("acfec9f, 3612621", "two cores wait, one call comes: one gets it") {
      var script = try Script(cores: 2, ProcessPlan(workers: 2, calls: [.int, .int, .int]))
      try script.occupyBothCores()
      #expect(script.world.cores.filter { $0.runningThread != nil }.count == 2)
      try script.arrive()
      #expect(script.world.cores.filter(\.isStalled).count == 1)
      try script.finish()
    },
    HistoryCase("fcd0af2, 7022620", "two workers acknowledge at once, one call waits") {
      var script = try Script(
        cores: 2, ProcessPlan(workers: 2, calls: [.int, .int, .int]))
      try script.arrive()
      try script.arrive()
      try script.runToHandler(0)
      try script.runToHandler(1)
      try script.arrive()
      for core in 0..<2 {
        try script.step(core)
        try script.step(core)
      }
      try script.runAll()
      #expect(script.world.calls.allSatisfy { $0 == .answered })
      #expect(script.count(.callsAccepted) == 3)
    },
    HistoryCase("7891c7c", "a queue that is filled and emptied for long has its length") {
      var script = try Script(
        ProcessPlan(queueLimit: 2, calls: Array(repeating: .int, count: 40)))
      for call in stride(from: 0, to: 36, by: 2) {
        try script.arrive()
        try script.arrive()
        try script.run()
        #expect(script.answered(call) && script.answered(call + 1))
      }
      try script.runAll()
      // One is delivered, two wait, the fourth is one too many.
      for _ in 0..<4 { try script.arrive() }
      #expect(script.world.calls[39] == .refused)
      #expect(script.count(.rejectedOverload) == 1)
      try script.finish()
    },
    HistoryCase("0ecb691", "a call that finds no room harms no other, and room comes back") {
      var script = try Script(ProcessPlan(queueLimit: 1, calls: [.echo, .echo, .echo, .echo]))
      try script.arrive()
      try script.runToHandler()
      try script.arrive()
      try script.arrive()
      #expect(script.world.calls[2] == .refused)
      try script.run()
      try script.finish()
      #expect(script.answered(0) && script.answered(1) && script.answered(3))
    },
    HistoryCase("59af6bf", "a core that was asked to yield is not asked again") {
      var script = try Script(
        cores: 2, ProcessPlan(workers: 2, calls: [.int, .int]),
        ProcessPlan(workers: 2, calls: [.int, .int]))
      try script.occupyBothCores()
      try script.arrive(2)
      #expect(script.count(.messagesYieldNow) == 1)
      try script.arrive(2)
      #expect(script.count(.messagesYieldNow) == 2)
      try script.finish()
      #expect(script.count(.messagesYieldNow) == 2)
    },
    HistoryCase("051b7d9", "nobody yields for a call of its own process") {
      var script = try Script(cores: 2, ProcessPlan(workers: 2, calls: [.int, .int, .int, .int]))
      for _ in 0..<4 { try script.arrive() }
      try script.runAll()
      #expect(script.count(.messagesYieldNow) == 0)
      #expect(script.world.isFinished)
    },
    HistoryCase("bd3b62b", "an idle worker gives its core to a call of another process") {
      var script = try Script(ProcessPlan(calls: [.int]), ProcessPlan(calls: [.int]))
      try script.arrive(1)
      try script.run()
      try script.arrive(2)
      #expect(script.count(.messagesYieldNow) == 1)
      try script.run()
      #expect(script.answered(1))
      #expect(script.count(.messagesTryAgain) == 0)
    },
    HistoryCase("9c38b67", "a queue that no core serves is drained without another arrival") {
      var script = try Script(
        ProcessPlan(calls: [.int, .int]), ProcessPlan(calls: [.int, .int]))
      try script.arrive(1)
      try script.runToHandler()
      try script.arrive(2)
      try script.arrive(2)
      try script.arrive(1)
      try script.run()
      #expect(script.world.isFinished)
      #expect(script.count(.messagesTryAgain) == 0)
    },
    HistoryCase("ba6dfe0, 59e6378, rx-sched-idle-scale-many", "never more cores than allowed") {
      var script = try Script(
        cores: 3, ProcessPlan(workers: 3, maximumCores: 1, calls: Array(repeating: .int, count: 6)))
      for _ in 0..<6 { try script.arrive() }
      try script.runAll()
      #expect(script.world.isFinished)
      #expect(script.count(.deliveredThroughKernel) == 1)
    },
    HistoryCase("c144550", "stall limits between offer and delivery do not change the call") {
      var script = try Script(cores: 2, ProcessPlan(calls: [.int, .int]))
      try script.runAll()
      try script.arrive()
      try script.step(0)
      while script.world.nic.deadline != nil { try script.perform(.stallLimit) }
      try script.arrive()
      try script.runToHandler(0)
      try script.finish()
      #expect(script.answered(0) && script.answered(1))
    },
    HistoryCase("rx-oncrpc-allcores", "200 calls on all cores are all answered") {
      var script = try Script(
        cores: 4, ProcessPlan(workers: 4, calls: Array(repeating: .int, count: 200)))
      for _ in 0..<50 {
        for _ in 0..<4 { try script.arrive() }
        try script.runAll()
      }
      #expect(script.world.isFinished)
    },
    HistoryCase("rx-hol-blocking-free", "a handler that never ends holds up its own core only") {
      var script = try Script(
        cores: 2, ProcessPlan(calls: [.int, .int]), ProcessPlan(calls: [.int, .int, .int]))
      try script.arrive(1)
      try script.runToHandler(0)
      // From here on core 0 does nothing any more.
      try script.arrive(1)
      for call in 2..<5 {
        try script.arrive(2)
        try script.run(1)
        #expect(script.answered(call))
      }
    },
    HistoryCase("duplicates", "a request that comes twice is served twice and mixed up never") {
      var script = try Script(ProcessPlan(calls: [.int, .duplicate, .duplicate]))
      for _ in 0..<3 { try script.arrive() }
      try script.finish()
      #expect(script.count(.callsReplied) == 3)
    },
  ]

  // MARK: - Switches

  static let switchCases: [HistoryCase] = [
    HistoryCase("22e08b6, aeb6d1a, rx-preempt-no-leaking", "nothing of a preempted call leaks") {
      var script = try Script(
        ProcessPlan(calls: [.echo]), ProcessPlan(calls: [.echo, .int]))
      try script.arrive(1)
      try script.runToHandler()
      try script.step(0)
      try script.perform(.preempt(core: 0))
      // R13 is checked after every step of the other process on the same core.
      try script.arrive(2)
      try script.arrive(2)
      try script.runAll()
      try script.finish()
      #expect(script.world.calls.allSatisfy { $0 == .answered })
    },
    HistoryCase("210a80f, rx-sched-crit-timeout", "a worker that never yields can be killed") {
      var script = try Script(ProcessPlan(calls: [.int, .int]), ProcessPlan(calls: [.int]))
      try script.arrive(1)
      try script.runToHandler()
      try script.arrive(1)
      try script.arrive(2)
      #expect(script.world.nic.callsInFlight == 3)
      try script.perform(.kill(core: 0))
      try script.runAll()
      #expect(script.world.calls == [.failed, .failed, .answered])
    },
    HistoryCase("d5c68e1", "a worker can be preempted right after TRYAGAIN") {
      var script = try Script(ProcessPlan(calls: [.int, .int]))
      try script.arrive()
      try script.run()
      try script.perform(.stallLimit)
      try script.step(0)
      try script.perform(.preempt(core: 0))
      try script.runAll()
      try script.finish()
      #expect(script.answered(1))
    },
    HistoryCase("785e441", "a call answered into a line whose worker just leaves comes back") {
      var script = try Script(ProcessPlan(calls: [.int, .int]))
      try script.arrive()
      try script.run()
      try script.perform(.preempt(core: 0))
      // The NIC has not seen that the worker leaves, and answers its load.
      try script.arrive()
      try script.finish()
      #expect(script.answered(1))
      #expect(script.count(.messagesResume) == 1)
    },
    HistoryCase("a41146a", "a thread keeps its parity on another core") {
      var script = try Script(cores: 2, ProcessPlan(calls: [.int, .int, .int]))
      try script.arrive()
      try script.run(0)
      #expect(script.world.threads[0].loop.parity == .one)
      try script.perform(.preempt(core: 0))
      try script.run(1)
      try script.run(0) { $0.cores[0].place == .load }
      try script.arrive()
      try script.run(1)
      #expect(script.thread(on: 1) == 0)
      #expect(script.answered(1))
      try script.finish()
    },
    HistoryCase("process-exit cleanup", "a process that dies leaves clean lines and no call") {
      var script = try Script(ProcessPlan(calls: [.echo, .int, .int]), ProcessPlan(calls: [.int]))
      try script.arrive(1)
      try script.arrive(1)
      try script.runToHandler()
      try script.step(0)
      try script.perform(.kill(core: 0))
      try script.runAll()
      try script.arrive(1)
      #expect(script.world.calls[2] == .refused)
      try script.finish()
      #expect(script.answered(3))
    },
  ]
}
