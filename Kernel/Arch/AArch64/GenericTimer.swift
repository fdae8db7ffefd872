// The generic timer's virtual timer: one a core, silent until something is due (tickless).
//
// ARM ARM D11.2: the interrupt is a level, high while CNTVCT has reached CNTV_CVAL, so a handler
// sets the next time or stops the timer. Start.S sets the virtual offset to 0.

internal import Boot

/// Time and alarm of the core that calls.
public enum GenericTimer {
  private enum Control {
    static var enable: UInt64 { 1 << 0 }
  }

  /// CNTKCTL_EL1 (ARM ARM D17.11.13). The event stream ends a WFE each time bit 15 of the counter
  /// becomes 1: every 0.7 ms at 100 MHz.
  private enum KernelControl {
    static var userReadsCounter: UInt64 { 1 << 1 }
    static var eventStream: UInt64 { 1 << 2 | 15 << 4 }
  }

  /// Ticks since the counter started.
  @inline(__always)
  public static var now: UInt64 {
    barrier_context()  // CNTVCT may be read early otherwise (D11.1.2).
    return read_counter()
  }

  /// Ticks a second.
  public static var frequency: UInt64 { read_counter_frequency() }

  /// Ticks in a time, rounded up; `UInt64.max` when there is no such number.
  public static func ticks(nanoseconds: UInt64) -> UInt64 {
    let (whole, overflow) = (nanoseconds / 1_000_000_000).multipliedReportingOverflow(by: frequency)
    guard !overflow else { return .max }
    let part = (nanoseconds % 1_000_000_000 * frequency + 999_999_999) / 1_000_000_000
    let (sum, isTooLarge) = whole.addingReportingOverflow(part)
    return isTooLarge ? .max : sum
  }

  /// Once on each core: user programs may read the counter, not the timers, and who waits for an event
  /// gets one now and then.
  public static func startCore() {
    stop()
    write_timer_kernel_control(KernelControl.userReadsCounter | KernelControl.eventStream)
  }

  /// Raises the timer's interrupt at `tick`, in place of an earlier alarm.
  public static func setAlarm(at tick: UInt64) {
    write_timer_compare(tick)
    write_timer_control(Control.enable)
    barrier_context()
  }

  public static func stop() {
    write_timer_control(0)
    barrier_context()
  }
}
