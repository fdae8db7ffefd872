// What the console's `cores` says: what each core does, who is retired, how often that changed.

import Foundation
import Harness
import Interface
import Testing

struct CoreDuties {
  /// Cores with a general thread, by process.
  var computing: [ProcessIdentifier: Int] = [:]
  var retired = 0
  var retirements = 0
  var hires = 0
  var moves: Int { retirements + hires }
}

extension Guest {
  func coreDuties() throws -> CoreDuties {
    machine.type("cores\n")
    var duties = CoreDuties()
    while true {
      let line = try machine.expectLine("end of the cores", where: { _ in true })
      if let thread = line.firstRange(of: "a general thread of process ") {
        let number = UInt16(line[thread.upperBound...].prefix { $0.isNumber })
        duties.computing[ProcessIdentifier(try #require(number)), default: 0] += 1
      }
      guard line.contains(" cores retired; ") else { continue }
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      try #require(numbers.count == 3)
      (duties.retired, duties.retirements, duties.hires) = (numbers[0], numbers[1], numbers[2])
      return duties
    }
  }

  /// Waits until that is so.
  func expectCores(_ when: Comment, _ isRight: (CoreDuties) -> Bool) throws {
    let limit = ContinuousClock.now + .seconds(60)
    var latest = try coreDuties()
    while !isRight(latest), ContinuousClock.now < limit {
      // The answer is core 0's work: without a pause between the questions it would do little else, and its
      // threads would be late for that.
      Thread.sleep(forTimeInterval: 0.05)
      latest = try coreDuties()
    }
    #expect(isRight(latest), when)
  }
}
