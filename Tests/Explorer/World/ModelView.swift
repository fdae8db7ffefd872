// The explorer's only view into the model: what decides its future, and what rules speak of.
//
// Everything else goes through the model's public interface. A field that is added to the model
// and decides anything shall be added to `combineState`; `ExplorerTests` compares the lists of
// fields, so that nobody forgets.

import Interface

@testable import Model

/// 128 bits of a world. Fixed multipliers rather than `Hasher`, whose seed changes from run to
/// run: the same exploration reports the same numbers.
struct Digest: Hashable {
  private var low: UInt64 = 0x243F_6A88_85A3_08D3
  private var high: UInt64 = 0x1319_8A2E_0370_7344

  @inline(__always)
  mutating func combine(_ value: UInt64) {
    low = (low ^ value) &* 0x9E37_79B9_7F4A_7C15
    low ^= low >> 32
    high = (high &+ value) &* 0xD6E8_FEB8_6659_FD93
    high ^= high >> 29
  }

  mutating func combine(_ value: Int) { combine(UInt64(truncatingIfNeeded: value)) }
  mutating func combine(_ value: Bool) { combine(value ? 1 : 0) }
  mutating func combine(_ core: CoreIdentifier?) { combine(core.map { UInt64($0.number) } ?? .max) }
  mutating func combine(_ process: ProcessIdentifier?) {
    combine(process.map { UInt64($0.number) } ?? .max)
  }
  mutating func combine(_ endpoint: EndpointIdentifier?) {
    combine(endpoint.map { UInt64($0.number) } ?? .max)
  }

  /// For sampling: as good as random, the same in every run.
  var sample: UInt64 { low }
}

extension Lauberhorn {
  /// Where a call stands.
  enum CallPlace: Hashable {
    case queue(ProcessIdentifier)
    case kernel(CoreIdentifier)
    case worker(EndpointIdentifier)
    /// Its response is on its way.
    case fetch(EndpointIdentifier)
  }

  /// Every call in flight with its place; twice when it stands in two.
  var callPlaces: [(call: CallIndex, place: CallPlace)] {
    var places: [(call: CallIndex, place: CallPlace)] = []
    for number in 0..<processes.capacity {
      let process = ProcessIdentifier(UInt16(number))
      for serviceClass in ServiceClass.allCases {
        var next = processes[process].queue.first(of: serviceClass)
        // More than can be: the chain is a ring.
        while let call = next, places.count <= 4 * configuration.callCount {
          places.append((call, .queue(process)))
          next = calls[call].next
        }
      }
    }
    for index in cores.indices {
      if let call = cores[index].pendingCall {
        places.append((call, .kernel(CoreIdentifier(UInt16(index)))))
      }
    }
    for index in endpoints.indices {
      if let call = endpoints[index].call {
        places.append((call, .worker(EndpointIdentifier(UInt16(index)))))
      }
      if let call = endpoints[index].fetch?.call {
        places.append((call, .fetch(EndpointIdentifier(UInt16(index)))))
      }
    }
    return places
  }

  /// A word of a line by its block offset, as its home has it.
  func word(of endpoint: EndpointIdentifier, atBlockOffset offset: Int) -> UInt64 {
    lines[
      LineIndex(endpoint, blockOffset: offset),
      word: offset % LineGeometry.lineBytes / LineGeometry.wordBytes]
  }

  /// The kernel stored to the core's state line and the NIC has not seen it.
  func hasUnseenState(_ core: Int) -> Bool { cores[core].unseenState?.isStored ?? false }

  /// The same for a process's state line.
  func hasUnseenState(_ process: ProcessIdentifier) -> Bool {
    processes[process].stateFetchTime != nil
  }

  /// What copies of the load line say, if there are any; whether the NIC will take them back.
  func loadCopies(of process: ProcessIdentifier) -> (said: ProcessLoad, isOutdated: Bool)? {
    guard loadLines.hasCopies(process) else { return nil }
    return (loadLines.load(of: process), loadLines.isOutdated(process))
  }

  /// The load of C[p] was answered, or can be, although C[1−p] is still to be fetched.
  func isAnsweredDuringFetch(_ endpoint: Int) -> Bool { endpoints[endpoint].isAnsweredDuringFetch }

  /// The core's load will be executed again when the fetch is over.
  func waitsForFetch(_ core: Int, of endpoint: EndpointIdentifier) -> Bool {
    cores[core].awaitedFetch == endpoint && self[endpoint].fetch != nil
  }

  func loadNow(of process: ProcessIdentifier) -> ProcessLoad { load(of: process) }

  private func combineLines(of process: ProcessIdentifier, into digest: inout Digest) {
    digest.combine(processes[process].maximumCores)
    digest.combine(hasUnseenState(process))
    combineLine(lineMap.stateLine(of: process), into: &digest)
    for core in cores.indices {
      digest.combine(loadLines.has(process, core: CoreIdentifier(UInt16(core))))
    }
    guard let (said, isOutdated) = loadCopies(of: process) else { return }
    digest.combine(said.demand.word)
    digest.combine(isOutdated)
  }

  private func combineLine(_ line: LineIndex, into digest: inout Digest) {
    let isControl =
      line.number < endpoints.count * LineIndex.linesPerEndpoint
      && line.number % LineIndex.linesPerEndpoint < LineIndex.firstOverflowLine
    // Tags count calls, and no one decides anything by them.
    let words = isControl ? ControlLineWord.tag : LineGeometry.wordsPerLine
    let start = line.number * LineGeometry.wordsPerLine
    let home = lines[line]
    for word in 0..<words where home[word] != 0 {
      digest.combine(start + word)
      digest.combine(home[word])
    }
    guard let owner = caches.owner(of: line) else { return }
    digest.combine(-2)
    digest.combine(owner)
    digest.combine(caches.isModified(line))
    let cached = caches[line]
    for word in 0..<words where cached[word] != 0 {
      digest.combine(start + word)
      digest.combine(cached[word])
    }
  }

  /// Everything that decides what the NIC will do; not what it counts, and of times and orders
  /// only which is first.
  func combineState(watchedLines: Int, into digest: inout Digest) {
    var orders: [UInt64] = []
    for process in 0..<processes.capacity {
      orders.append(processes[ProcessIdentifier(UInt16(process))].lastDeliveryOrder)
    }
    for (call, _) in callPlaces { orders.append(calls[call].arrivalOrder) }
    for endpoint in endpoints where endpoint.needsResume { orders.append(endpoint.detachOrder) }
    orders.sort()
    func rank(_ order: UInt64) -> Int { orders.firstIndex(of: order) ?? -1 }
    func combine(_ call: CallIndex?, into digest: inout Digest) {
      guard let call else {
        digest.combine(-1)
        return
      }
      digest.combine(Int(calls[call].transaction))
      digest.combine(rank(calls[call].arrivalOrder))
    }

    for index in endpoints.indices {
      let endpoint = endpoints[index]
      digest.combine(endpoint.isInstalled)
      guard endpoint.isInstalled else { continue }
      digest.combine(endpoint.parity == .one)
      digest.combine(endpoint.message.map { Int($0.rawValue) } ?? -1)
      digest.combine(endpoint.isMessageTaken)
      combine(endpoint.call, into: &digest)
      digest.combine(UInt64(endpoint.usedOverflowLines))
      digest.combine(endpoint.core)
      digest.combine(endpoint.reservedBy)
      digest.combine(endpoint.needsResume)
      digest.combine(endpoint.resumedBy)
      if endpoint.needsResume { digest.combine(rank(endpoint.detachOrder)) }
      digest.combine(endpoint.nextOfProcess)
      digest.combine(endpoint.fetch.map { Int($0.purpose.rawValue) } ?? -1)
      if let fetch = endpoint.fetch {
        digest.combine(fetch.line == .one)
        combine(fetch.call, into: &digest)
        digest.combine(fetch.access?.core)
      }
    }
    for index in endpoints.indices {
      for line in 0..<watchedLines {
        combineLine(LineIndex(number: index * LineIndex.linesPerEndpoint + line), into: &digest)
      }
    }
    let deadlines = cores.filter { $0.heldEndpoint != nil }.map(\.heldDeadline).sorted()
    for (index, core) in cores.enumerated() {
      digest.combine(core.state.word)
      let stateLine = lineMap.stateLine(of: CoreIdentifier(UInt16(index)))
      digest.combine(caches.owner(of: stateLine))
      if caches.owner(of: stateLine) != nil {
        digest.combine(caches.load(stateLine, at: 0, size: LineGeometry.wordBytes))
      }
      digest.combine(core.kernelEndpoint)
      digest.combine(core.heldEndpoint)
      if core.heldEndpoint != nil {
        digest.combine(deadlines.firstIndex(of: core.heldDeadline) ?? -1)
      }
      digest.combine(core.isStalled)
      digest.combine(core.awaitedFetch)
      digest.combine(core.wasPreemptedAtFetch)
      digest.combine(core.unseenState?.isStored ?? false)
      combine(core.pendingCall, into: &digest)
      digest.combine(core.offeredEndpoint)
      digest.combine(core.resumingEndpoint)
      digest.combine(core.interruptFollowsAnswer)
      digest.combine(core.wantedBy)
      digest.combine(core.declinedProcess)
    }
    for number in 0..<processes.capacity {
      let process = ProcessIdentifier(UInt16(number))
      digest.combine(processes[process].isInstalled)
      combineLines(of: process, into: &digest)
      digest.combine(processes[process].resumesWaiting)
      digest.combine(processes[process].firstEndpoint)
      digest.combine(rank(processes[process].lastDeliveryOrder))
      for serviceClass in ServiceClass.allCases {
        var next = processes[process].queue.first(of: serviceClass)
        var length = 0
        while let call = next, length <= configuration.callCount {
          combine(call, into: &digest)
          next = calls[call].next
          length += 1
        }
        digest.combine(length)
        digest.combine(Int(processes[process].queue.passes[Int(serviceClass.rawValue)]))
      }
    }
    var waiting = processes.firstWaiting
    var length = 0
    while let process = waiting, length <= processes.capacity {
      digest.combine(process)
      waiting = processes.waiting(after: process)
      length += 1
    }
  }
}
