// How long messages are: W1, W2 and W3 of Homa (Montazeri et al., SIGCOMM'18).
//
// W1 models Facebook's memcached servers, W2 is a search application
// at Google, W3 all of a data centre of Google's. The points are of the distributions as the
// authors' kernel module has them (PlatformLab/HomaModule, util/dist.cc); between two points sizes
// are spread evenly over their logarithms, and what is longer than a call can be is cut to that.

import Foundation

public struct MessageSizes: Hashable, Sendable {
  /// As command lines name it.
  public let name: String
  /// Sizes in bytes, and the share of messages that are no longer; ascending.
  private let points: [(bytes: Double, share: Double)]

  private init(_ name: String, _ points: [(Double, Double)]) {
    self.name = name
    self.points = points.map { (bytes: $0.0, share: $0.1) }
  }

  public static func == (left: MessageSizes, right: MessageSizes) -> Bool {
    left.name == right.name
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }

  public static let w1 = MessageSizes(
    "W1",
    [
      (1, 0), (8, 0.1), (27, 0.5), (48, 0.545), (128, 0.673), (503, 0.9), (1024, 0.967),
      (1876, 0.99), (4096, 0.998), (4924, 0.999), (65536, 1),
    ])
  public static let w2 = MessageSizes(
    "W2",
    [
      (1, 0), (8, 0.1), (48, 0.271), (128, 0.342), (269, 0.5), (512, 0.91), (1024, 0.958),
      (3151, 0.99), (4096, 0.995), (21845, 0.999), (262_144, 1),
    ])
  public static let w3 = MessageSizes(
    "W3",
    [
      (1, 0), (36, 0.1), (48, 0.132), (128, 0.352), (268, 0.5), (512, 0.785), (1024, 0.863),
      (1755, 0.9), (4096, 0.935), (31013, 0.99), (356_516, 0.999), (5_114_695, 1),
    ])

  public static let all = [w1, w2, w3]

  /// Bytes of one message, at least one and at most `limit`.
  public func draw(_ random: inout RandomSource, limit: Int) -> Int {
    let share = random.nextUnit()
    let upper = points.firstIndex { $0.share >= share } ?? points.count - 1
    guard upper > 0 else { return 1 }
    let (low, high) = (points[upper - 1], points[upper])
    let place = (share - low.share) / (high.share - low.share)
    let bytes = exp(log(low.bytes) + place * (log(high.bytes) - log(low.bytes)))
    return min(max(1, Int(bytes.rounded())), limit)
  }
}
