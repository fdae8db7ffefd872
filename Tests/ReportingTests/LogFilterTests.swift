import Reporting
import Testing

/// Levels by source, as boot argument and console command write them.
@Suite struct LogFilterTests {
  private func filter(_ text: String) -> LogFilter? {
    var filter = LogFilter()
    return filter.apply(Array(text.utf8).span) ? filter : nil
  }

  @Test func informationIsShownToBeginWith() {
    let filter = LogFilter()
    for source in LogSource.allCases {
      #expect(filter.shows(.information, of: source))
      #expect(!filter.shows(.debug, of: source))
    }
  }

  @Test func oneLevelIsForAll() throws {
    for (text, level) in [
      ("error", LogLevel.error), ("warning", .warning), ("info", .information), ("debug", .debug),
    ] {
      let filter = try #require(self.filter(text))
      for source in LogSource.allCases { #expect(filter[source] == level) }
    }
  }

  @Test func wordsCountFromLeftToRight() throws {
    let filter = try #require(self.filter("error,process=debug,nic=warning"))
    for source in LogSource.allCases {
      let expected: LogLevel =
        switch source {
        case .process: .debug
        case .nic: .warning
        default: .error
        }
      #expect(filter[source] == expected)
    }
    #expect(try #require(self.filter("nic=debug,info"))[.nic] == .information)
  }

  @Test(arguments: [
    "", ",", "info,", "loud", "nic=", "=info", "nic=info=debug", "Info", "cpu=info",
  ])
  func whatIsNotUnderstoodChangesNothing(text: String) {
    var filter = LogFilter()
    filter[.nic] = .debug
    let isUnderstood = filter.apply(Array(text.utf8).span)
    #expect(!isUnderstood)
    #expect(filter[.nic] == .debug)
    #expect(filter[.kernel] == .information)
  }
}
