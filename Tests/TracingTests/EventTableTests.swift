import Testing
import Tracing

/// The event table is data that other programs read: it must be complete and without clashes.
@Suite struct EventTableTests {
  private func text(_ literal: StaticString) -> String { literal.description }

  @Test func everyNumberHasASource() {
    for event in TraceEvent.allCases {
      #expect(EventSource(rawValue: UInt8(event.rawValue >> 8)) == event.source)
      #expect(SourceMask.all.contains(event.source))
      #expect(event.isRare == (event.rawValue & 0x80 != 0))
    }
  }

  @Test func namesAreDifferentAndCanBeIdentifiers() {
    // Common Trace Format and CSV take names as they are.
    let isName = { (name: String) in name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil }
    let names = TraceEvent.allCases.map { text($0.description.name) }
    #expect(Set(names).count == names.count)
    for event in TraceEvent.allCases {
      #expect(isName(text(event.description.name)))
      let arguments = [event.description.first, event.description.second].compactMap { $0?.name }
      #expect(Set(arguments.map(text)).count == arguments.count)
      for argument in arguments { #expect(isName(text(argument))) }
    }
  }

  @Test func everyStageBeginsSomewhere() {
    let stages = Set(TraceEvent.allCases.compactMap(\.description.stage))
    // ⑥ is between ⑤ and ⑦: no core tells when it jumps.
    #expect(stages == Set(Stage.allCases).subtracting([.handler]))
  }

  @Test func sourcesAreFoundByTheirNames() {
    for source in EventSource.allCases {
      #expect(TracingTests.source(named: text(source.name)) == source)
    }
    for name in ["", "ni", "nics", "NIC"] {
      #expect(source(named: name) == nil)
    }
  }

  @Test func masksHoldSingleSources() {
    for source in EventSource.allCases {
      var mask = SourceMask.all
      mask.remove(source)
      for other in EventSource.allCases { #expect(mask.contains(other) == (other != source)) }
      mask = .none
      mask.insert(source)
      for other in EventSource.allCases { #expect(mask.contains(other) == (other == source)) }
    }
    #expect(!SourceMask.usual.contains(.idle))
  }
}
