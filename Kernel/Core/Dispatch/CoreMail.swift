// What goes between cores: threads, wake-ups, ends, and the question for work.
//
// `Mailbox`, `Stealing` and `Invitations` (Scheduling) are the protocol; here are the doorbell (SGI
// 0) and what each request does to this core's queues. Who is in the kernel reads its mail when it
// unmasks interrupts: at its held load, in WFI, in user mode.

internal import Boot
internal import Interface
internal import Reporting
internal import Scheduling
internal import Synchronization

/// A word that several cores change, in ordinary memory.
struct MailboxAtomic: MailboxWord, ~Copyable {
  private let word = Atomic<UInt64>(0)

  init() {}

  borrowing func post(_ bits: UInt64) -> UInt64 {
    word.bitwiseOr(bits, ordering: .acquiringAndReleasing).oldValue
  }

  borrowing func take() -> UInt64 { word.exchange(0, ordering: .acquiring) }
}

/// What all cores say about themselves.
struct PublishedLoads: CoreLoads {
  func readyGeneral(on core: CoreIdentifier) -> Int { Kernel.cores[core].readyGeneral }

  /// Cores that wait for work, at their kernel endpoints or in WFI.
  var waiting: CoreSet { cores { $0.process == .kernel } }

  /// Cores with a worker on them, which may be waiting, too.
  var serving: CoreSet { cores { $0.mode == .user } }

  private func cores(where isWanted: (CoreState) -> Bool) -> CoreSet {
    var set = CoreSet.none
    for number in 0..<Kernel.coreCount {
      let core = CoreIdentifier(number)
      guard let state = CoreState(word: Kernel.cores[core].publishedState),
        state.mode != .offline, isWanted(state)
      else { continue }
      set.insert(core)
    }
    return set
  }
}

extension CoreReference {
  /// Ends the wait of a thread, wherever it is.
  func wake(_ thread: ThreadReference) {
    let home = thread.core
    guard home == core else {
      Kernel.cores[home].post { $0.postWake(thread.identifier) }
      return
    }
    wakeHere(thread.identifier)
  }

  private func wakeHere(_ thread: ThreadIdentifier) {
    switch changeThreads({ $0.wake(thread, at: $1, in: $2) }) {
    case .ready(let preempts):
      if preempts { requestReschedule() }
    case .remembered: break
    case .elsewhere(let home): Kernel.cores[home].post { $0.postWake(thread) }
    }
    setGeneralAlarm()
  }

  private func post(_ thread: ThreadIdentifier, to destination: CoreIdentifier) {
    count(.departures)
    Kernel.threads[thread].core = destination
    Kernel.cores[destination].post { $0.postArrival(thread) }
  }

  /// Threads that may not run here go where they may.
  func sendEmigrants() {
    while let thread = withScheduler({ $0.emigrant }) {
      let loads = PublishedLoads()
      guard
        let destination = Placement.core(
          for: .user, affinity: Kernel.threads[thread].record.affinity, online: Kernel.onlineCores,
          generalDuty: .none, loads: loads)
      else { Panic.stop("a thread has no core") }
      withScheduler { $0.release(emigrant: thread, to: destination, in: ThreadRecordTable()) }
      post(thread, to: destination)
    }
  }

  /// Takes the mail.
  /// - Returns: whether somebody has threads for a core without work.
  func readMail() -> Bool {
    guard var mail = takeMail() else { return false }
    while let thread = mail.arrivals.popFirst() {
      count(.arrivals)
      stealing.noteArrival()
      if changeThreads({ $0.receive(thread, at: $1, in: $2) }) { requestReschedule() }
    }
    while let thread = mail.wakes.popFirst() { wakeHere(thread) }
    while let thread = mail.ends.popFirst() { end(Kernel.threads[thread]) }
    while let thief = mail.stealRequests.popFirst() { answer(thief) }
    while let victim = mail.stealRefusals.popFirst() { stealing.noteRefusal(by: victim) }
    setGeneralAlarm()
    return mail.wantsReschedule
  }

  private func end(_ thread: ThreadReference) {
    // Late mail: the block may have another thread by now.
    guard ProcessTable.isEnding(thread.process), thread.core == core else { return }
    let state = changeThreads { scheduler, _, records in
      scheduler.end(thread.identifier, in: records)
    }
    guard state == .ended,
      thread.take(from: .runnable, to: .ended) || thread.take(from: .sleeping, to: .ended)
        || thread.take(from: .blocked, to: .ended)
    else { return }
    let isNews = thread.noteStarted()
    ProcessTable.noteThreadEnd(of: thread.process)
    if isNews { StartUp.noteProcessStarted() }
  }

  private func answer(_ thief: CoreIdentifier) {
    let given = changeThreads(hasProgressed: true) { scheduler, _, records in
      scheduler.giveThread(to: thief, in: records)
    }
    if let given {
      post(given, to: thief)
    } else {
      Kernel.cores[thief].post { $0.postStealRefusal(from: core) }
    }
  }

  /// Asks the core with the most ready threads for one.
  func askForThread() {
    var stealing = stealing
    let loads = PublishedLoads()
    if let victim = stealing.nextVictim(ready: readyCount, among: Kernel.onlineCores, loads: loads)
    {
      count(.stealRequests)
      Kernel.cores[victim].post { $0.postStealRequest(from: core) }
    }
    self.stealing = stealing
  }

  /// Tells a core that has less of the threads that wait here: it then asks. One that waits itself
  /// first, then one whose worker may be waiting, which it looks at before it asks.
  func invite(hasProgressed: Bool) {
    let ready = readyCount
    var invitations = invitations
    let loads = PublishedLoads()
    // The loads of all cores are worth a look only when there is something to offer.
    var waiting = CoreSet.none
    if ready > 0 {
      waiting = withoutReady(loads.waiting)
      if waiting.isEmpty { waiting = withoutReady(loads.serving) }
    }
    if let invited = invitations.next(
      ready: ready, hasProgressed: hasProgressed, waiting: waiting,
      cores: ready > 1 ? Kernel.onlineCores : .none, loads: loads)
    {
      count(.invitations)
      Kernel.cores[invited].post { $0.postReschedule() }
    }
    self.invitations = invitations
  }

  private func withoutReady(_ cores: CoreSet) -> CoreSet {
    var left = cores
    var remaining = cores
    left.remove(core)
    while let other = remaining.popFirst() {
      if Kernel.cores[other].readyGeneral > 0 { left.remove(other) }
    }
    return left
  }
}
