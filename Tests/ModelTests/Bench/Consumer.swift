// One consumer of an endpoint: the production loop on the model's lines.

import Interface

@testable import Model

/// Lines as one core reaches them. A held load ends `loadHead` early; the caller then executes
/// the whole step again, as the core does with its load.
struct ModelLines: LineAccess {
  let bench: Bench
  let core: Int
  /// What the consumer leaves in a line that it has answered; nil: nothing.
  let mark: UInt64?
  private(set) var wasHeld = false
  private(set) var barriers = 0

  init(_ bench: Bench, core: Int, mark: UInt64? = nil) {
    self.bench = bench
    self.core = core
    self.mark = mark
  }

  mutating func loadHead(at address: UInt) -> LineHead {
    wasHeld = false
    var words: [UInt64] = []
    for word in 0..<4 {
      switch bench.load(core, UInt64(address) + UInt64(word * 8)) {
      case .held:
        wasHeld = true
        return LineHead(code: 0, data: 0, argument0: 0, argument1: 0)
      case .value(let value): words.append(value)
      }
    }
    return LineHead(code: words[0], data: words[1], argument0: words[2], argument1: words[3])
  }

  mutating func markAnswered(at address: UInt) {
    if let mark { bench.store(core, UInt64(address), mark) }
  }

  mutating func orderResponseBeforeNextLoad() { barriers += 1 }
}

/// A worker thread or a dispatch thread; it keeps its place in the loop, and so its parity,
/// when it changes its core (R1).
struct Consumer {
  let bench: Bench
  let endpoint: Int
  var core: Int
  /// What it leaves in a line that it has answered; nil: nothing.
  var mark: UInt64?
  private var loop: MessageLoop

  init(_ bench: Bench, endpoint: Int, core: Int) {
    self.bench = bench
    self.endpoint = endpoint
    self.core = core
    loop = MessageLoop(
      blockAddress: UInt(LineWindow.offset(of: EndpointIdentifier(UInt16(endpoint)))))
  }

  var parity: Parity { loop.parity }

  func offset(ofWord word: Int) -> UInt64 { UInt64(loop.currentLine) + UInt64(word * 8) }

  /// Nil: held.
  func load() -> LineHead? {
    var lines = ModelLines(bench, core: core)
    let head = loop.loadMessage(&lines)
    return lines.wasHeld ? nil : head
  }

  func word(_ word: Int) -> UInt64 {
    guard case .value(let value) = bench.load(core, offset(ofWord: word)) else { return .max }
    return value
  }

  func store(_ value: UInt64, atWord word: Int) { bench.store(core, offset(ofWord: word), value) }

  /// Where the response goes, then what it says.
  func respond(_ head: ResponseHead, _ slots: UInt64...) {
    for (index, slot) in slots.enumerated() {
      store(slot, atWord: ControlLineWord.firstArgument + index)
    }
    store(head.word, atWord: ControlLineWord.tail)
  }

  mutating func finish() {
    var lines = ModelLines(bench, core: core, mark: mark)
    loop.finishMessage(&lines)
  }

  mutating func turnForYield() { loop.turnForYield() }

  /// The acknowledging load.
  mutating func finishAndLoad() -> LineHead? {
    finish()
    return load()
  }

  func publishUser(process: Int) {
    bench.publish(
      core,
      CoreState(
        mode: .user, process: ProcessIdentifier(UInt16(process)),
        endpoint: EndpointIdentifier(UInt16(endpoint))))
  }

  func publishDispatch() { bench.publish(core, CoreState(mode: .dispatch)) }
}
