// The processes' load lines: what the NIC tells the kernel (interface §7.3).
//
// Nothing is written until somebody reads: the home makes a line's content when a load misses.
// Then the copies say what they say until the NIC takes them back, at once when more cores are
// wanted, else not before the interval is over. All copies are the same, as in any cache.

import Interface

struct LoadLines: Hashable {
  private struct Line: Hashable {
    /// What the copies say.
    var load = ProcessLoad()
    var update: UInt64 = 0
    var copies = 0
    /// Until then a copy may be out of date.
    var intervalEnd: UInt64 = 0
    /// It is, and is taken back then.
    var isOutdated = false
  }

  private var lines: [Line]
  /// Per process one bit for every core.
  private var owners: [UInt64]
  private let wordsPerLine: Int
  private var outdatedLines = 0

  init(processes: Int, cores: Int) {
    lines = Array(repeating: Line(), count: processes)
    wordsPerLine = (cores + 63) / 64
    owners = Array(repeating: 0, count: processes * wordsPerLine)
  }

  private func bit(
    _ process: ProcessIdentifier, _ core: CoreIdentifier
  ) -> (word: Int, mask: UInt64) {
    (process.index * wordsPerLine + core.index / 64, 1 << UInt64(core.index % 64))
  }

  func has(_ process: ProcessIdentifier, core: CoreIdentifier) -> Bool {
    let bit = bit(process, core)
    return owners[bit.word] & bit.mask != 0
  }

  func hasCopies(_ process: ProcessIdentifier) -> Bool { lines[process.index].copies > 0 }

  /// What the copies say.
  func load(of process: ProcessIdentifier) -> ProcessLoad { lines[process.index].load }

  func isIntervalOver(of process: ProcessIdentifier, at now: UInt64) -> Bool {
    lines[process.index].intervalEnd <= now
  }

  mutating func noteOutdated(_ process: ProcessIdentifier) {
    guard !lines[process.index].isOutdated else { return }
    lines[process.index].isOutdated = true
    outdatedLines += 1
  }

  func isOutdated(_ process: ProcessIdentifier) -> Bool { lines[process.index].isOutdated }

  /// When the first copy that is out of date is to be taken back.
  var firstUpdate: UInt64? {
    guard outdatedLines > 0 else { return nil }
    return lines.reduce(nil as UInt64?) { first, line in
      line.isOutdated ? min(first ?? line.intervalEnd, line.intervalEnd) : first
    }
  }

  /// New content, before the first copy is given.
  mutating func write(_ load: ProcessLoad, of process: ProcessIdentifier, at now: UInt64) {
    lines[process.index].intervalEnd = now.addingSaturated(ProcessLoad.intervalNanoseconds)
    guard lines[process.index].load != load || lines[process.index].update == 0 else { return }
    lines[process.index].load = load
    lines[process.index].update += 1
  }

  mutating func give(_ process: ProcessIdentifier, to core: CoreIdentifier) {
    let bit = bit(process, core)
    owners[bit.word] |= bit.mask
    lines[process.index].copies += 1
  }

  mutating func drop(_ process: ProcessIdentifier, from core: CoreIdentifier) {
    let bit = bit(process, core)
    owners[bit.word] &= ~bit.mask
    lines[process.index].copies -= 1
    if lines[process.index].copies == 0 { forgetOutdated(process) }
  }

  /// - Returns: how many copies there were.
  mutating func dropAll(_ process: ProcessIdentifier) -> Int {
    let copies = lines[process.index].copies
    let first = process.index * wordsPerLine
    for word in first..<first + wordsPerLine { owners[word] = 0 }
    lines[process.index].copies = 0
    forgetOutdated(process)
    return copies
  }

  private mutating func forgetOutdated(_ process: ProcessIdentifier) {
    outdatedLines -= lines[process.index].isOutdated ? 1 : 0
    lines[process.index].isOutdated = false
  }

  func word(_ word: Int, of process: ProcessIdentifier) -> UInt64 {
    let line = lines[process.index]
    return switch word {
    case ProcessLoadWord.demand: line.load.demand.word
    case ProcessLoadWord.arrivals: line.load.arrivals
    case ProcessLoadWord.deliveries: line.load.deliveries
    case ProcessLoadWord.waitingNanoseconds: line.load.waitingNanoseconds
    case ProcessLoadWord.rejections: line.load.rejections
    case ProcessLoadWord.update: line.update
    default: 0
    }
  }
}

extension Lauberhorn {
  mutating func loadLoad(
    of process: ProcessIdentifier, _ access: Access, at byte: Int, _ size: Int
  ) -> UInt64 {
    if !loadLines.has(process, core: access.core) {
      if !loadLines.hasCopies(process) {
        loadLines.write(load(of: process), of: process, at: access.nowNanoseconds)
      }
      loadLines.give(process, to: access.core)
      counters.count(.linesFilled)
      charge(nil, messages: 2, withData: 1) { _ in }
    }
    return loadLines.word(byte / LineGeometry.wordBytes, of: process)
      .extract(size: size, at: byte % LineGeometry.wordBytes)
  }

  /// As it is now; zero for a process that is not installed.
  func load(of process: ProcessIdentifier) -> ProcessLoad {
    let entry = processes[process]
    guard entry.isInstalled else { return ProcessLoad() }
    return ProcessLoad(
      demand: demand(of: process), arrivals: entry.arrivals, deliveries: entry.deliveries,
      waitingNanoseconds: entry.waitingNanoseconds, rejections: entry.rejections)
  }

  private func demand(of process: ProcessIdentifier) -> ProcessDemand {
    let entry = processes[process]
    var running = 0
    var busy = 0
    var offered = 0
    var resumed = 0
    for core in cores {
      if core.state.mode == .user, core.state.process == process {
        running += 1
        if self[core.state.endpoint].call != nil { busy += 1 }
      }
      if let call = core.pendingCall, calls[call].process == process { offered += 1 }
      if let worker = core.resumingEndpoint, self[worker].process == process { resumed += 1 }
    }
    let callsWaiting = entry.queue.count + offered
    let workersWaiting = entry.resumesWaiting + resumed + Int(entry.workers.queued)
    let workers = entry.workers.workers == 0 ? .max : Int(entry.workers.workers)
    return ProcessDemand(
      callsWaiting: UInt16(clamping: callsWaiting), cores: UInt16(clamping: running),
      busyCores: UInt16(clamping: busy),
      coresWanted: UInt16(
        clamping: min(busy + callsWaiting + workersWaiting, entry.maximumCores, workers)))
  }

  /// To be called after everything that may change what the load line of `process` says. Costs
  /// nothing while nobody has a copy.
  mutating func noteLoad(of process: ProcessIdentifier) {
    guard loadLines.hasCopies(process) else { return }
    let now = load(of: process)
    let said = loadLines.load(of: process)
    guard now != said else { return }
    if now.demand.coresWanted > said.demand.coresWanted
      || loadLines.isIntervalOver(of: process, at: clock.nanoseconds)
    {
      takeBackLoad(of: process)
    } else {
      loadLines.noteOutdated(process)
    }
  }

  /// Time has come: copies that are out of date are taken back when their interval is over.
  mutating func updateLoadLines() {
    while let first = loadLines.firstUpdate, first <= clock.nanoseconds {
      for number in 0..<processes.capacity {
        let process = ProcessIdentifier(UInt16(number))
        if loadLines.isOutdated(process),
          loadLines.isIntervalOver(of: process, at: clock.nanoseconds)
        {
          takeBackLoad(of: process)
        }
      }
    }
  }

  mutating func takeBackLoad(of process: ProcessIdentifier) {
    let copies = loadLines.dropAll(process)
    counters.count(.linesFetched, by: copies)
    charge(nil, messages: UInt32(2 * copies), withData: 0) { _ in }
  }

  mutating func evictLoad(of process: ProcessIdentifier, from core: CoreIdentifier) -> Bool {
    guard loadLines.has(process, core: core) else { return false }
    loadLines.drop(process, from: core)
    charge(nil, messages: 1, withData: 0) { _ in }
    return true
  }
}
