// What happens when, in a simulated machine.

/// Events by time; those of the same time in the order in which they were added.
struct EventQueue<Event> {
  private struct Entry {
    var time: UInt64
    var order: Int
    var event: Event
    func isBefore(_ other: Entry) -> Bool { (time, order) < (other.time, other.order) }
  }

  private var heap: [Entry] = []
  private var added = 0

  mutating func add(_ event: Event, at time: UInt64) {
    heap.append(Entry(time: time, order: added, event: event))
    added += 1
    var index = heap.count - 1
    while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func popFirst() -> (time: UInt64, event: Event)? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var index = 0
      while 2 * index + 1 < heap.count {
        var child = 2 * index + 1
        if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
        guard heap[child].isBefore(heap[index]) else { break }
        heap.swapAt(index, child)
        index = child
      }
    }
    return (top.time, top.event)
  }
}
