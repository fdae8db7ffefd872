// Documentation/interface.md and the code name the same numbers.

import Foundation
import Interface
import Testing

@Suite("Specification")
struct SpecificationTests {
  /// Rows `| \`Constant.name\` | number | …` of the specification.
  static func documentedNumbers() throws -> [(name: String, value: UInt64)] {
    let root = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Documentation/interface.md"), encoding: .utf8)
    return text.split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count >= 2, cells[0].hasPrefix("`"), cells[0].contains(".") else { return nil }
      let digits = cells[1]
      let value =
        digits.hasPrefix("0x")
        ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
      guard let value else { return nil }
      return (cells[0].trimmingCharacters(in: ["`"]), value)
    }
  }

  /// What the code says, by the names that the specification uses.
  static let numbers: [String: UInt64] = {
    var numbers: [String: UInt64] = [
      "LineGeometry.lineBytes": UInt64(LineGeometry.lineBytes),
      "LineGeometry.wordBytes": UInt64(LineGeometry.wordBytes),
      "LineGeometry.wordsPerLine": UInt64(LineGeometry.wordsPerLine),
      "LineGeometry.overflowLines": UInt64(LineGeometry.overflowLines),
      "LineGeometry.overflowBytes": UInt64(LineGeometry.overflowBytes),
      "EndpointLayout.blockBytes": UInt64(EndpointLayout.blockBytes),
      "EndpointLayout.mappedBytes": UInt64(EndpointLayout.mappedBytes),
      "EndpointLayout.receiveControlOffset": UInt64(EndpointLayout.receiveControlOffset),
      "EndpointLayout.pairFlip": UInt64(EndpointLayout.pairFlip),
      "EndpointLayout.receiveOverflowOffset": UInt64(EndpointLayout.receiveOverflowOffset),
      "EndpointLayout.transmitControlOffset": UInt64(EndpointLayout.transmitControlOffset),
      "EndpointLayout.transmitOverflowOffset": UInt64(EndpointLayout.transmitOverflowOffset),
      "LineWindow.bytes": LineWindow.bytes,
      "LineWindow.maximumEndpoints": UInt64(LineWindow.maximumEndpoints),
      "LineWindow.coreStateOffset": LineWindow.coreStateOffset,
      "LineWindow.coreStateStride": LineWindow.coreStateStride,
      "LineWindow.coreStateClass": UInt64(LineWindow.coreStateClass),
      "LineWindow.processStateOffset": LineWindow.processStateOffset,
      "LineWindow.processLoadOffset": LineWindow.processLoadOffset,
      "LineWindow.maximumCores": UInt64(LineWindow.maximumCores),
      "LineWindow.maximumProcesses": UInt64(LineWindow.maximumProcesses),
      "ProcessStateWord.limits": UInt64(ProcessStateWord.limits),
      "ProcessStateWord.quantum": UInt64(ProcessStateWord.quantum),
      "ProcessStateWord.workers": UInt64(ProcessStateWord.workers),
      "ProcessStateWord.allowedCores": UInt64(ProcessStateWord.allowedCores),
      "ProcessStateWord.allowedCoreWords": UInt64(ProcessStateWord.allowedCoreWords),
      "ProcessLoadWord.demand": UInt64(ProcessLoadWord.demand),
      "ProcessLoadWord.arrivals": UInt64(ProcessLoadWord.arrivals),
      "ProcessLoadWord.deliveries": UInt64(ProcessLoadWord.deliveries),
      "ProcessLoadWord.waitingNanoseconds": UInt64(ProcessLoadWord.waitingNanoseconds),
      "ProcessLoadWord.rejections": UInt64(ProcessLoadWord.rejections),
      "ProcessLoadWord.update": UInt64(ProcessLoadWord.update),
      "ProcessLoad.intervalNanoseconds": ProcessLoad.intervalNanoseconds,
      "Features.processLines": Features.processLines.rawValue,
      "Features.colours": Features.colours.rawValue,
      "Features.classes": Features.classes.rawValue,
      "Features.answersDuringFetch": Features.answersDuringFetch.rawValue,
      "ServiceClass.passingLimit": UInt64(ServiceClass.passingLimit),
      "ServiceClass.argumentWord": UInt64(ServiceClass.argumentWord),
      "DirectoryColour.count": UInt64(DirectoryColour.count),
      "Register.heldLoadLimit": Register.heldLoadLimit,
      "ArgumentArea.inlineBytes": UInt64(ArgumentArea.inlineBytes),
      "ArgumentArea.inlineSlots": UInt64(ArgumentArea.inlineSlots),
      "ArgumentArea.bytes": UInt64(ArgumentArea.bytes),
      "Register.magic": Register.magic,
      "Register.version": Register.version,
      "Register.features": Register.features,
      "Register.capacity": Register.capacity,
      "Register.serviceCapacity": Register.serviceCapacity,
      "Register.stallLimitNanoseconds": Register.stallLimitNanoseconds,
      "Register.ethernetAddress": Register.ethernetAddress,
      "Register.internetAddress": Register.internetAddress,
      "Register.command": Register.command,
      "Register.commandResult": Register.commandResult,
      "Register.commandValue": Register.commandValue,
      "Register.commandArguments": Register.commandArguments,
      "Register.commandArgumentWords": UInt64(Register.commandArgumentWords),
      "Register.windowBytes": Register.windowBytes,
      "Register.magicValue": Register.magicValue,
      "Register.versionValue": Register.versionValue,
    ]
    for kind in MessageKind.allCases { numbers["MessageKind.\(kind)"] = UInt64(kind.rawValue) }
    for status in ResponseStatus.allCases {
      numbers["ResponseStatus.\(status)"] = UInt64(status.rawValue)
    }
    for mode in CoreMode.allCases { numbers["CoreMode.\(mode)"] = UInt64(mode.rawValue) }
    for serviceClass in ServiceClass.allCases {
      numbers["ServiceClass.\(serviceClass)"] = UInt64(serviceClass.rawValue)
    }
    for command in Command.allCases { numbers["Command.\(command)"] = command.rawValue }
    for kind in NICStatistics.allCases { numbers["NICStatistics.\(kind)"] = kind.rawValue }
    for result in CommandResult.allCases { numbers["CommandResult.\(result)"] = result.rawValue }
    return numbers
  }()

  @Test("every number in the specification is the code's")
  func documentMatchesCode() throws {
    for (name, value) in try Self.documentedNumbers() {
      let expected = try #require(Self.numbers[name], "\(name) is not in the code")
      #expect(value == expected, "\(name)")
    }
  }

  @Test("every number of the code is in the specification, once")
  func codeIsDocumented() throws {
    let documented = try Self.documentedNumbers().map(\.name)
    for name in Self.numbers.keys.sorted() {
      #expect(documented.filter { $0 == name }.count == 1, "\(name)")
    }
  }

  @Test("blocks, state lines and windows do not overlap")
  func regionsAreDisjoint() {
    let endpointsEnd =
      UInt64(LineWindow.maximumEndpoints) * UInt64(EndpointLayout.blockBytes)
    #expect(endpointsEnd <= LineWindow.coreStateOffset)
    let line = UInt64(LineGeometry.lineBytes)
    let coreStates = UInt64(LineWindow.maximumCores) * LineWindow.coreStateStride
    let processLines = UInt64(LineWindow.maximumProcesses) * line
    #expect(LineWindow.coreStateOffset + coreStates <= LineWindow.processStateOffset)
    #expect(LineWindow.processStateOffset + processLines <= LineWindow.processLoadOffset)
    #expect(LineWindow.processLoadOffset + processLines <= LineWindow.bytes)
    #expect(ProcessStateWord.allowedCoreWords * 64 == LineWindow.maximumCores)
    #expect(
      ProcessStateWord.allowedCores + ProcessStateWord.allowedCoreWords
        == LineGeometry.wordsPerLine)
    #expect(
      EndpointLayout.receiveOverflowOffset + LineGeometry.overflowBytes
        <= EndpointLayout.mappedBytes)
  }
}
