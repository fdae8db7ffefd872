// The programs of the initial archive, each made a process.

internal import DeviceTree
internal import Images
internal import Interface
internal import Reporting

/// Starts what the boot loader brought.
enum InitialProcesses {
  /// Makes a process of each file and puts its thread into a core's run queue, one core after
  /// the other. A file that is no program is reported and left out.
  /// - Returns: how many processes there are.
  static func create(_ archive: AddressRange?) -> Int {
    guard let range = archive else {
      Log.warning("no initial archive: there is nothing to run")
      return 0
    }
    // Safety: the loader vouches for the range, and boot has reserved it.
    let bytes = unsafe UnsafeBufferPointer(
      start: UnsafePointer<UInt8>(bitPattern: UInt(range.base + AddressMap.linearBase)),
      count: Int(range.bytes))
    do throws(ArchiveError) {
      return create(try Archive(unsafe bytes.span))
    } catch {
      Log.error("initial archive not usable: \(error)")
      return 0
    }
  }

  private static func create(_ archive: borrowing Archive) -> Int {
    var count = 0
    var next = archive.first
    while let entry = next {
      if entry.isFile {
        let name = ProcessName(archive.name(of: entry))
        do throws(Processes.Failure) {
          let thread = try Processes.create(name: name, file: archive.content(of: entry))
          let core = CoreIdentifier(UInt16(count) % Kernel.coreCount)
          Kernel.cores[core].enqueue(thread)
          count += 1
        } catch {
          Log.error("\(name) does not start: \(error)")
        }
      }
      next = archive.entry(after: entry)
    }
    return count
  }
}
