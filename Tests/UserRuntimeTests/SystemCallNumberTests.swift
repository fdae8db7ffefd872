// The few numbers that are written twice, since assembly cannot see Swift.

import Interface
import SystemInterface
import Testing
import UserStart

@Suite struct SystemCallNumberTests {
  static let numbers: [(header: Int32, swift: SystemCall)] = [
    (USER_SYSTEM_CALL_EXIT, .exit), (USER_SYSTEM_CALL_LOG, .log),
  ]

  @Test(arguments: numbers)
  func headerAgrees(header: Int32, swift: SystemCall) {
    #expect(UInt64(header) == swift.rawValue)
  }

  @Test func theOtherControlLineIsAFlipAway() {
    #expect(UInt(USER_PAIR_FLIP) == EndpointLayout.pairFlip)
  }
}
