// Faults of user programs in a console's text, whole or in pieces.

import Testing

@testable import Harness

@Suite struct UserFaultTests {
  private let text = """
    [    1.0] core 1 error: attack-3 (process 4, thread 0) killed: data abort\r
    frames of attack-3 (hostile):\r
      [0] 0x0000000000400123\r
      [1] 0x0000000000400456\r
    [    1.1] core 1 info: attack-3 (process 4) starts again, 2 starts\r
    frames of odd (name) (echo):\r
      [0] 0x0000000000400001\r
    frames of empty (echo):\r
    last line\r

    """

  private let expected = [
    UserFault(
      process: "attack-3", program: "hostile",
      frames: [.init(index: 0, address: 0x40_0123), .init(index: 1, address: 0x40_0456)]),
    UserFault(
      process: "odd (name)", program: "echo", frames: [.init(index: 0, address: 0x40_0001)]),
  ]

  @Test(arguments: [1, 7, 10_000]) func findsFaultsInPiecesOfAnySize(size: Int) {
    let bytes = Array(text.utf8)
    var reader = UserFaultReader()
    var found: [UserFault] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      found += reader.read(Array(bytes[start..<min(start + size, bytes.count)]))
    }
    #expect(found == expected)
  }

  @Test(arguments: ["..", "../../etc/passwd", "", "no such program"])
  func namesThatAreNoProgramHaveNoDescription(program: String) {
    let fault = UserFault(process: "p", program: program, frames: [.init(index: 0, address: 4)])
    #expect(fault.description(with: .standard) == nil)
  }
}
