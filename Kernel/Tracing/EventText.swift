// An event in words, for the serial console: one line of less than 80 columns, mostly.

public import Reporting

extension TextOutput where Self: ~Copyable {
  /// Writes one event, without a line end.
  ///
  ///     [    1.000123] core 3 ③ call_taken tag 17 process 2 endpoint 65
  ///
  /// - Parameter ticksPerSecond: of the clock that the record's time counts, not 0.
  public mutating func write(_ record: TraceRecord, ticksPerSecond: UInt64) {
    let seconds = record.time / ticksPerSecond
    let microseconds = record.time % ticksPerSecond * 1_000_000 / ticksPerSecond
    write(timeStampMicroseconds: seconds &* 1_000_000 &+ microseconds)
    if record.core == TraceRecord.noCore {
      write(" NIC ")
    } else {
      write(" core ")
      write(decimal: record.core)
      write(byte: ASCII.space)
    }
    guard let event = record.event else {
      write("event ")
      write(hexadecimal: UInt64(record.eventNumber), digits: 4)
      write(", unknown here")
      return
    }
    let description = event.description
    if let stage = description.stage {
      write(stage.symbol)
      write(byte: ASCII.space)
    }
    write(description.name)
    if record.tag != 0 {
      write(" tag ")
      write(decimal: record.tag)
    }
    if let first = description.first { write(argument: UInt64(record.first), first) }
    if let second = description.second { write(argument: record.second, second) }
  }

  private mutating func write(argument value: UInt64, _ argument: ArgumentDescription) {
    write(byte: ASCII.space)
    switch argument.unit {
    case .worker:
      write("process ")
      write(decimal: value >> 16)
      write(" endpoint ")
      write(decimal: value & 0xffff)
    case .message:
      write("kind ")
      write(hexadecimal: value >> 16)
      write(" endpoint ")
      write(decimal: value & 0xffff)
    case .bits:
      write(argument.name)
      write(byte: ASCII.space)
      write(hexadecimal: value)
    case .number, .bytes, .instructions:
      write(argument.name)
      write(byte: ASCII.space)
      write(decimal: value)
    }
  }
}
