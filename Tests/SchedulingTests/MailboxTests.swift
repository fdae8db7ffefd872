// Messages between cores: nothing lost, nobody left unrung.

import Interface
import Scheduling
import Synchronization
import Testing

/// A word as a target has it, with the orders that the protocol asks for.
private struct AtomicWord: ~Copyable, MailboxWord, Sendable {
  private let value = Atomic<UInt64>(0)

  borrowing func post(_ bits: UInt64) -> UInt64 {
    value.bitwiseOr(bits, ordering: .acquiringAndReleasing).oldValue
  }

  borrowing func take() -> UInt64 { value.exchange(0, ordering: .acquiring) }
}

private final class Shared: Sendable {
  let mailbox = Mailbox<AtomicWord>()
  let doorbells = Atomic<Int>(0)
  let finished = Atomic<Int>(0)
}

@Suite("Mailbox")
struct MailboxTests {
  @Test("a mailbox gives what was posted, once; only the first post of a kind rings")
  func roundTrip() throws {
    let mailbox = Mailbox<PlainWord>()
    let atFirst = isEmpty(mailbox)
    #expect(atFirst)
    var rings: [Bool] = []
    rings.append(mailbox.postArrival(ThreadIdentifier(0)))
    rings.append(mailbox.postArrival(ThreadIdentifier(511)))
    rings.append(mailbox.postWake(ThreadIdentifier(64)))
    rings.append(mailbox.postWake(ThreadIdentifier(64)))
    rings.append(mailbox.postEnd(ThreadIdentifier(100)))
    rings.append(mailbox.postStealRequest(from: core1))
    rings.append(mailbox.postStealRefusal(from: CoreIdentifier(63)))
    rings.append(mailbox.postReschedule())
    #expect(rings == [true] + [Bool](repeating: false, count: 7))
    let taken = mailbox.take()
    var mail = try #require(taken)
    #expect(mail.arrivals.popFirst()?.number == 0)
    #expect(mail.arrivals.popFirst()?.number == 511)
    #expect(mail.arrivals.popFirst() == nil)
    #expect(mail.wakes.popFirst()?.number == 64)
    #expect(mail.wakes.isEmpty)
    #expect(mail.ends.contains(ThreadIdentifier(100)))
    #expect(mail.stealRequests == CoreSet(core1))
    #expect(mail.stealRefusals == CoreSet(CoreIdentifier(63)))
    #expect(mail.wantsReschedule)
    let afterwards = isEmpty(mailbox)
    #expect(afterwards)
    let ringsAgain = mailbox.postReschedule()
    #expect(ringsAgain)
  }

  private func isEmpty(_ mailbox: borrowing Mailbox<PlainWord>) -> Bool { mailbox.take() == nil }

  /// Host threads post while another takes only when it was rung: a post that neither rings nor is
  /// seen by the take under way would never be found.
  @Test("four senders at once lose nothing and always ring")
  func concurrent() async {
    let shared = Shared()
    let perSender = 128
    let senders = 4
    let received = await withTaskGroup(of: Int.self) { group in
      for sender in 0..<senders {
        group.addTask {
          for index in 0..<perSender {
            let thread = ThreadIdentifier(UInt16(sender * perSender + index))
            if shared.mailbox.postArrival(thread) {
              shared.doorbells.add(1, ordering: .acquiringAndReleasing)
            }
            if index % 8 == 0 { await Task.yield() }
          }
          shared.finished.add(1, ordering: .acquiringAndReleasing)
          return 0
        }
      }
      group.addTask {
        var received = 0
        var answered = 0
        while true {
          // Read before the doorbells: when all have finished, all doorbells have rung.
          let isLast = shared.finished.load(ordering: .acquiring) == senders
          let rung = shared.doorbells.load(ordering: .acquiring)
          if rung > answered {
            answered = rung
            if var mail = shared.mailbox.take() {
              while mail.arrivals.popFirst() != nil { received += 1 }
            }
          } else if isLast {
            return received
          }
          await Task.yield()
        }
      }
      var sum = 0
      for await count in group { sum += count }
      return sum
    }
    #expect(received == senders * perSender)
  }

  @Test("a wake-up finds a thread before it left, on its way, and after it arrived")
  func wakeOnTheWay() throws {
    let records = RecordTable()
    let from = TestCore(records: records)
    let to = TestCore(records: records, core: core1)
    let thread = records.make(1)
    from.admit(thread)
    #expect(from.give(to: core1) == thread)
    #expect(from.wake(thread, at: 1) == .elsewhere(core1))
    #expect(to.wake(thread, at: 2) == .remembered)
    to.receive(thread, at: 3)
    #expect(records[thread].account.migrations == 1)
    to.schedule(at: 4)
    #expect(to.stop(.blocks, at: 5) == .runnable)
    to.schedule(at: 5)
    #expect(to.stop(.blocks, at: 6) == .blocked)
    #expect(to.wake(thread, at: 7) == .ready(preempts: false))
  }
}
