// What happens next: a binary heap of events, in order of time and, at one time, of insertion.

/// Something that will happen.
struct Event: Hashable {
  enum Kind: UInt8, Hashable {
    /// The next call's frame reaches the NIC.
    case arrival
    /// The NIC's own time: a stall limit or a quantum ends.
    case timer
    /// A line that the NIC fetches is home.
    case fetch
    /// A core comes to the end of its phase, unless it was interrupted since.
    case step
    /// The NIC's interrupt reaches a core.
    case interrupt
    /// The machine is looked at, for a figure.
    case look
  }

  let time: UInt64
  let kind: Kind
  let core: UInt16
  /// `SimulatedCore.generation` when the step was planned.
  let generation: UInt32

  init(at time: UInt64, _ kind: Kind, core: Int = 0, generation: UInt32 = 0) {
    self.time = time
    self.kind = kind
    self.core = UInt16(core)
    self.generation = generation
  }
}

struct EventQueue {
  private struct Entry {
    let event: Event
    let order: UInt64

    func precedes(_ other: Entry) -> Bool {
      event.time != other.event.time ? event.time < other.event.time : order < other.order
    }
  }

  private var heap: [Entry] = []
  private var order: UInt64 = 0

  mutating func insert(_ event: Event) {
    let entry = Entry(event: event, order: order)
    order += 1
    var place = heap.count
    heap.append(entry)
    while place > 0, entry.precedes(heap[(place - 1) / 2]) {
      heap[place] = heap[(place - 1) / 2]
      place = (place - 1) / 2
    }
    heap[place] = entry
  }

  mutating func popFirst() -> Event? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first.event }
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(last) else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = last
    return first.event
  }
}
