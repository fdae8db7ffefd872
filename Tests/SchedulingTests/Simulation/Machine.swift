// A machine of many cores in discrete events: every core runs the real scheduler, and what goes
// between cores takes a random time, so that messages cross in every order.
//
// The machine keeps its own books (`where` each thread is, which wake-ups were sent) and compares
// them with what the schedulers say; a difference is a `Violation`.

import Interface
import Randomness
import Scheduling

/// What a simulated machine found to be wrong.
struct Violation: Error, CustomStringConvertible {
  var description: String
}

/// What a simulated core has.
final class SimulatedCore {
  var scheduler: CoreScheduler
  let mailbox = Mailbox<PlainWord>()
  var stealing: Stealing
  /// Changes with every stay, so that events of an earlier one are told apart.
  var stay = 0
  var isWaiting = true
  var isInDispatchLoop = false
  var stayStart: UInt64 = 0
  var invitations: Invitations
  var busy: UInt64 = 0

  init(_ core: CoreIdentifier, rules: KernelRules, duty: CoreDuty) {
    scheduler = CoreScheduler(core: core, rules: rules, duty: duty)
    stealing = Stealing(core: core)
    invitations = Invitations(core: core)
  }
}

/// What the machine itself knows about a thread.
struct SimulatedThread {
  var runsOn: CoreIdentifier?
  /// What is left of the work until it waits again.
  var burst: UInt64 = 0
  /// A wake-up was sent that no wait has consumed.
  var isWakeSent = false
  var isWaiting = false
  var isParked = false
  var hasEnded = false
  var hasWaitedLast = false
  var sleepsUntil: UInt64?
  var waits = 0
}

final class Machine: CoreLoads {
  enum Event {
    case doorbell(CoreIdentifier)
    case timer(CoreIdentifier, stay: Int)
    case burstEnds(CoreIdentifier, stay: Int)
    case arrival(ThreadIdentifier, CoreIdentifier)
    case wake(ThreadIdentifier, CoreIdentifier)
    case somebodyWakes
    case somebodyChangesAffinity
    case call
  }

  let records = RecordTable()
  var cores: [SimulatedCore] = []
  var threads: [SimulatedThread]
  var random: SplitMix
  var now: UInt64 = 0
  var events = EventQueue<Event>()
  var pendingCalls = 0
  var parked: [ThreadIdentifier] = []
  /// By core: threads that went to sleep there.
  private var sleepers: [[Int]]
  /// Random happenings stop here; what is under way then comes to rest.
  let end: UInt64
  let threadCount: Int
  private(set) var eventCount = 0
  private(set) var steals = 0
  private(set) var forwards = 0

  init(
    seed: Int, coreCount: Int, threadCount: Int, duration: UInt64, rpcCores: Int = 0,
    rules: KernelRules = .firstCome
  ) {
    random = SplitMix(seed: seed)
    threads = [SimulatedThread](repeating: SimulatedThread(), count: threadCount)
    self.threadCount = threadCount
    sleepers = [[Int]](repeating: [], count: coreCount)
    end = duration
    for core in 0..<coreCount {
      cores.append(
        SimulatedCore(
          CoreIdentifier(UInt16(core)), rules: rules, duty: core < rpcCores ? .rpc : .general))
    }
  }

  var all: CoreSet { CoreSet(first: cores.count) }

  func readyGeneral(on core: CoreIdentifier) -> Int { cores[core.index].scheduler.readyGeneral }

  /// A message between cores takes up to 3 µs.
  func latency() -> UInt64 { UInt64.random(in: 50...3_000, using: &random) }

  func randomBurst() -> UInt64 { UInt64.random(in: 1_000...3_000_000, using: &random) }

  func admit(_ thread: ThreadIdentifier, on core: CoreIdentifier) throws {
    threads[thread.index].burst = randomBurst()
    let preempts = cores[core.index].scheduler.admit(thread, at: now, in: records)
    try settle(core, preempts: preempts)
  }

  /// Runs until nothing is left to happen.
  func run() throws {
    while let (time, event) = events.popFirst() {
      now = time
      eventCount += 1
      try handle(event)
    }
  }

  private func handle(_ event: Event) throws {
    switch event {
    case .doorbell(let core): try settle(core, preempts: false)
    case .timer(let core, let stay):
      guard cores[core.index].stay == stay else { return }
      try settle(core, preempts: false)
    case .burstEnds(let core, let stay):
      guard cores[core.index].stay == stay else { return }
      try endBurst(core)
    case .arrival(let thread, let core):
      ring(core, cores[core.index].mailbox.postArrival(thread))
    case .wake(let thread, let core):
      ring(core, cores[core.index].mailbox.postWake(thread))
    case .somebodyWakes:
      let thread = ThreadIdentifier(UInt16.random(in: 0..<UInt16(threadCount), using: &random))
      send(wakeOf: thread)
      if now < end { events.add(.somebodyWakes, at: now + 10 * latency()) }
    case .somebodyChangesAffinity:
      changeAffinity()
      if now < end { events.add(.somebodyChangesAffinity, at: now + 40 * latency()) }
    case .call:
      pendingCalls += 1
      try deliverCalls()
      if now < end { events.add(.call, at: now + 4 * latency()) }
    }
  }

  // MARK: Between cores

  private func ring(_ core: CoreIdentifier, _ mustRing: Bool) {
    if mustRing { events.add(.doorbell(core), at: now + latency()) }
  }

  func send(wakeOf thread: ThreadIdentifier) {
    guard !threads[thread.index].hasEnded, !threads[thread.index].isParked else { return }
    threads[thread.index].isWakeSent = true
    // The home is read now, the word is posted later: the thread may have moved meanwhile.
    events.add(.wake(thread, records.home(of: thread)), at: now + latency())
  }

  /// Wakes a thread that has left and not arrived: some ask where it was, some where it will be.
  private func wakeOnItsWay(_ thread: ThreadIdentifier, from core: CoreIdentifier) {
    guard random.chance(1, in: 2) else { return }
    threads[thread.index].isWakeSent = true
    let asked = random.chance(1, in: 2) ? core : records.home(of: thread)
    events.add(.wake(thread, asked), at: now + latency())
  }

  private func changeAffinity() {
    let thread = ThreadIdentifier(UInt16.random(in: 0..<UInt16(threadCount), using: &random))
    let home = records.home(of: thread)
    guard [.runnable, .running, .sleeping, .blocked].contains(records[thread].state) else { return }
    var affinity = CoreSet(mask: UInt64.random(in: 0...UInt64.max, using: &random))
    affinity = affinity.intersection(all)
    if affinity.isEmpty { affinity = all }
    cores[home.index].scheduler.setAffinity(affinity, of: thread, in: records)
    ring(home, cores[home.index].mailbox.postReschedule())
  }

  private func sendEmigrants(of core: CoreIdentifier) {
    let this = cores[core.index]
    while let thread = this.scheduler.emigrant {
      let record = records[thread]
      guard
        let destination = Placement.core(
          for: record.kind, affinity: record.affinity, online: all, generalDuty: generalDuty,
          loads: self)
      else { preconditionFailure("no core for an emigrant") }
      this.scheduler.release(emigrant: thread, to: destination, in: records)
      wakeOnItsWay(thread, from: core)
      events.add(.arrival(thread, destination), at: now + latency())
    }
  }

  private var generalDuty: CoreSet {
    var set = CoreSet.none
    for core in cores where core.scheduler.duty == .general { set.insert(core.scheduler.core) }
    return set
  }

  /// What a core does with its mail.
  /// - Returns: whether the running thread should make way.
  private func readMail(of core: CoreIdentifier) -> Bool {
    let this = cores[core.index]
    guard var mail = this.mailbox.take() else { return false }
    var preempts = mail.wantsReschedule
    defer { if mail.wantsReschedule { askForThread(core) } }
    while let thread = mail.arrivals.popFirst() {
      this.stealing.noteArrival()
      if this.scheduler.receive(thread, at: now, in: records) { preempts = true }
    }
    while let thread = mail.wakes.popFirst() {
      switch this.scheduler.wake(thread, at: now, in: records) {
      case .ready(let urgent):
        noteWaitEnds(of: thread)
        if urgent { preempts = true }
      case .remembered: break
      case .elsewhere(let home):
        forwards += 1
        events.add(.wake(thread, home), at: now + latency())
      }
    }
    while let thief = mail.stealRequests.popFirst() {
      if let thread = this.scheduler.giveThread(to: thief, in: records) {
        steals += 1
        wakeOnItsWay(thread, from: core)
        events.add(.arrival(thread, thief), at: now + latency())
      } else {
        ring(thief, cores[thief.index].mailbox.postStealRefusal(from: core))
      }
    }
    while let victim = mail.stealRefusals.popFirst() { this.stealing.noteRefusal(by: victim) }
    return preempts
  }

  // MARK: On one core

  /// An interrupt: mail, sleepers, the end of a slice.
  private func settle(_ core: CoreIdentifier, preempts: Bool) throws {
    let this = cores[core.index]
    let stealsBefore = steals
    let byMail = readMail(of: core)
    var hasProgressed = steals > stealsBefore
    let bySleeper = this.scheduler.wakeSleepers(at: now, in: records)
    try noteSleepersWake(on: core)
    sendEmigrants(of: core)
    if let thread = this.scheduler.running {
      let isOver = this.scheduler.isSliceOver(at: now, in: records)
      if isOver { hasProgressed = true }
      let wantsCalls =
        pendingCalls > 0 && this.scheduler.duty == .rpc && !this.scheduler.isSliceOwed
      if preempts || byMail || bySleeper || isOver || wantsCalls || isPatienceOver(this) {
        let state = this.scheduler.stop(.preempted, at: now, in: records)
        try noteStop(thread, on: core, state: state, expected: [.runnable, .migrating])
        sendEmigrants(of: core)
        try schedule(core)
      } else {
        setTimer(core)
      }
    } else {
      try schedule(core)
    }
    inviteThief(to: core, hasProgressed: hasProgressed)
  }

  private func isPatienceOver(_ core: SimulatedCore) -> Bool {
    core.scheduler.deadlineNanoseconds(in: records).map { $0 <= now } ?? false
  }

  private func schedule(_ core: CoreIdentifier) throws {
    let this = cores[core.index]
    this.isWaiting = false
    this.isInDispatchLoop = false
    let hints = SchedulingHints(callsWaiting: UInt32(pendingCalls))
    let decision = this.scheduler.schedule(at: now, hints: hints, in: records)
    try noteSleepersWake(on: core)
    sendEmigrants(of: core)
    switch decision {
    case .run(let thread, let deadline):
      try notePut(thread, on: core)
      if let deadline { events.add(.timer(core, stay: this.stay), at: max(deadline, now + 1)) }
    case .dispatchLoop(let deadline), .idle(let deadline):
      this.stay += 1
      this.isWaiting = true
      if case .dispatchLoop = decision { this.isInDispatchLoop = true }
      if let deadline { events.add(.timer(core, stay: this.stay), at: max(deadline, now + 1)) }
      if this.isInDispatchLoop { try deliverCalls() }
      if this.isWaiting { askForThread(core) }
    }
  }

  private func setTimer(_ core: CoreIdentifier) {
    let this = cores[core.index]
    if let deadline = this.scheduler.deadlineNanoseconds(in: records) {
      events.add(.timer(core, stay: this.stay), at: max(deadline, now + 1))
    }
  }

  private func inviteThief(to core: CoreIdentifier, hasProgressed: Bool) {
    let this = cores[core.index]
    var waiting = CoreSet.none
    for other in cores where other.isWaiting && other.scheduler.duty == .general {
      waiting.insert(other.scheduler.core)
    }
    if let invited = this.invitations.next(
      ready: this.scheduler.readyGeneral, hasProgressed: hasProgressed, waiting: waiting,
      cores: generalDuty, loads: self)
    {
      ring(invited, cores[invited.index].mailbox.postReschedule())
    }
  }

  private func askForThread(_ core: CoreIdentifier) {
    let this = cores[core.index]
    guard this.scheduler.duty == .general else { return }
    if let victim = this.stealing.nextVictim(
      ready: this.scheduler.readyGeneral, among: all, loads: self)
    {
      ring(victim, cores[victim.index].mailbox.postStealRequest(from: core))
    }
  }

  private func deliverCalls() throws {
    for this in cores where this.isInDispatchLoop && this.isWaiting && pendingCalls > 0 {
      guard let index = parked.firstIndex(where: { isAllowed($0, this.scheduler.core) }) else {
        continue
      }
      let thread = parked.remove(at: index)
      pendingCalls -= 1
      threads[thread.index].isParked = false
      threads[thread.index].burst = UInt64.random(in: 1_000...200_000, using: &random)
      this.isWaiting = false
      this.isInDispatchLoop = false
      this.scheduler.start(thread, at: now, in: records)
      try notePut(thread, on: this.scheduler.core)
      setTimer(this.scheduler.core)
    }
    // Nobody waits at a kernel endpoint: interrupt a core of RPC that runs a general thread.
    guard pendingCalls > 0, !parked.isEmpty else { return }
    for this in cores where this.scheduler.duty == .rpc {
      guard let thread = this.scheduler.running, records[thread].kind != .rpcWorker else {
        continue
      }
      ring(this.scheduler.core, this.mailbox.postReschedule())
      return
    }
  }

  private func isAllowed(_ thread: ThreadIdentifier, _ core: CoreIdentifier) -> Bool {
    records[thread].affinity.contains(core)
  }

  /// The running thread's work is done: it waits, in one way or another.
  private func endBurst(_ core: CoreIdentifier) throws {
    let this = cores[core.index]
    guard let thread = this.scheduler.running else { throw Violation(description: "no thread") }
    threads[thread.index].waits += 1
    let reason: StopReason
    var expected: [ThreadState] = []
    let mayEnd = now >= end
    switch Int.random(in: 0..<10, using: &random) {
    case _ where mayEnd && !threads[thread.index].hasWaitedLast:
      // Nobody wakes at random any more: a wake-up that was sent and lost shows now.
      threads[thread.index].hasWaitedLast = true
      reason = .blocks
      expected = [.blocked, .runnable, .migrating]
    case _ where mayEnd:
      reason = .ends
      expected = [.ended]
    case _ where records[thread].kind == .rpcWorker && random.chance(9, in: 10):
      reason = .parks
      expected = [.parked]
    case 0...3:
      let until = now + UInt64.random(in: 0...5_000_000, using: &random)
      reason = .sleeps(untilNanoseconds: until)
      threads[thread.index].sleepsUntil = until
      expected = [.sleeping, .runnable, .migrating]
    case 4...7:
      reason = .blocks
      expected = [.blocked, .runnable, .migrating]
    default:
      reason = .yielded
      expected = [.runnable, .migrating]
    }
    if threads[thread.index].burst > 0 { threads[thread.index].burst = 0 }
    let state = this.scheduler.stop(reason, at: now, in: records)
    try noteStop(thread, on: core, state: state, expected: expected)
    threads[thread.index].burst = randomBurst()
    switch state {
    case .blocked, .sleeping:
      threads[thread.index].isWaiting = true
      if state == .sleeping { sleepers[core.index].append(thread.index) }
    case .parked:
      threads[thread.index].isParked = true
      threads[thread.index].isWakeSent = false
      parked.append(thread)
    case .ended: threads[thread.index].hasEnded = true
    default:
      if reason != .yielded { threads[thread.index].isWakeSent = false }
      threads[thread.index].sleepsUntil = nil
    }
    sendEmigrants(of: core)
    try settle(core, preempts: false)
  }

  // MARK: The books

  private func notePut(_ thread: ThreadIdentifier, on core: CoreIdentifier) throws {
    if let other = threads[thread.index].runsOn {
      throw Violation(
        description: "thread \(thread.number) on cores \(other.number) and \(core.number)")
    }
    guard records[thread].affinity.contains(core) else {
      throw Violation(description: "thread \(thread.number) may not run on \(core.number)")
    }
    guard !threads[thread.index].isWaiting, !threads[thread.index].isParked else {
      throw Violation(description: "thread \(thread.number) runs, but it waits")
    }
    let this = cores[core.index]
    threads[thread.index].runsOn = core
    this.isWaiting = false
    this.stay += 1
    this.stayStart = now
    events.add(.burstEnds(core, stay: this.stay), at: now + threads[thread.index].burst)
  }

  private func noteStop(
    _ thread: ThreadIdentifier, on core: CoreIdentifier, state: ThreadState,
    expected: [ThreadState]
  ) throws {
    guard threads[thread.index].runsOn == core else {
      throw Violation(description: "thread \(thread.number) stops where it does not run")
    }
    guard expected.contains(state) else {
      throw Violation(description: "thread \(thread.number) is \(state) after its stop")
    }
    let this = cores[core.index]
    let ran = now - this.stayStart
    this.busy += ran
    threads[thread.index].runsOn = nil
    threads[thread.index].burst -= min(ran, threads[thread.index].burst)
    this.stay += 1
  }

  private func noteWaitEnds(of thread: ThreadIdentifier) {
    threads[thread.index].isWaiting = false
    threads[thread.index].isWakeSent = false
    threads[thread.index].sleepsUntil = nil
  }

  /// Sleepers wake inside the scheduler: whoever sleeps no longer must have been due.
  private func noteSleepersWake(on core: CoreIdentifier) throws {
    guard !sleepers[core.index].isEmpty else { return }
    let asleep = sleepers[core.index]
    sleepers[core.index].removeAll(keepingCapacity: true)
    for index in asleep {
      guard threads[index].isWaiting, threads[index].sleepsUntil != nil else { continue }
      guard records[ThreadIdentifier(UInt16(index))].state != .sleeping else {
        sleepers[core.index].append(index)
        continue
      }
      guard let due = threads[index].sleepsUntil, due <= now else {
        throw Violation(description: "thread \(index) woke too early")
      }
      // A wake-up that comes from now on is for its next wait.
      threads[index].isWaiting = false
      threads[index].sleepsUntil = nil
    }
  }
}
