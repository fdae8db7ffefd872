// The processes that boot starts: those of `services.conf`, or all programs of the archive.

internal import DeviceTree
internal import Images
internal import Interface
internal import Memory
internal import Reporting
internal import Scheduling

/// What the boot loader brought. It stays in memory, so that a process can be made again.
enum InitialArchive {
  /// Lets a caller look at the archive; nil when there is none, or it is broken.
  static func withArchive<Result, Failure: Error>(
    _ body: (borrowing Archive) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard let range = Kernel.platform.initialArchive else { return nil }
    // Safety: the loader vouches for the range, and boot has reserved it.
    let bytes = unsafe UnsafeBufferPointer(
      start: UnsafePointer<UInt8>(bitPattern: UInt(range.base + AddressMap.linearBase)),
      count: Int(range.bytes))
    let archive: Archive
    do throws(ArchiveError) {
      archive = try Archive(unsafe bytes.span)
    } catch {
      Log.error("initial archive not usable: \(error)")
      return nil
    }
    return try body(archive)
  }
}

/// Starts what the boot loader brought.
enum InitialProcesses {
  /// Makes the processes and puts their threads into the cores' run queues, one core after the
  /// other. What cannot be started is reported and left out.
  static func create() {
    guard Kernel.platform.initialArchive != nil else {
      Log.warning("no initial archive: there is nothing to run")
      return
    }
    _ = InitialArchive.withArchive { archive in
      if let manifest = archive.entry(named: ServiceManifest.path) {
        create(archive, manifest: manifest)
      } else {
        createAll(archive)
      }
    }
  }

  private static func createAll(_ archive: borrowing Archive) {
    var count = 0
    var next = archive.first
    while let entry = next {
      if entry.isFile {
        let plan = ProcessPlan(
          name: ProcessName(archive.name(of: entry)), image: entry, argument: 0,
          limits: ProcessLimits(), restart: .onFailure)
        if create(plan, from: archive, number: count) { count += 1 }
      }
      next = archive.entry(after: entry)
    }
  }

  private static func create(_ archive: borrowing Archive, manifest: Archive.Entry) {
    var count = 0
    var lines = ServiceManifest(archive.content(of: manifest))
    while true {
      do throws(ServiceManifestError) {
        guard let line = try lines.next() else { return }
        let program = lines.text(line.program)
        guard let image = archive.entry(named: program), image.isFile else {
          Log.error("services.conf line \(lines.line): no program '\(escaping: program)'")
          continue
        }
        let plan = ProcessPlan(
          name: ProcessName(lines.text(line.name)), image: image, argument: line.argument,
          limits: line.limits, restart: line.restart)
        if create(plan, from: archive, number: count) { count += 1 }
      } catch {
        Log.error("\(error)")
      }
    }
  }

  // MARK: At the console

  enum StartResult {
    case started(ProcessIdentifier)
    case notFound
    case failed
  }

  /// Starts one of them again: the process of this name in `services.conf`, or else the program.
  static func start(named name: Span<UInt8>) -> StartResult {
    InitialArchive.withArchive { archive -> StartResult in
      guard let plan = plan(named: name, in: archive) else { return .notFound }
      do throws(Processes.Failure) {
        let thread = try Processes.create(
          plan, file: archive.content(of: plan.image), isAwaited: false)
        let core = CoreReference.current
        core.admit(thread)
        core.requestReschedule()
        return .started(thread.process)
      } catch {
        Log.error("\(plan.name) does not start: \(error)")
        return .failed
      }
    } ?? .notFound
  }

  private static func plan(
    named name: Span<UInt8>, in archive: borrowing Archive
  ) -> ProcessPlan? {
    if let manifest = archive.entry(named: ServiceManifest.path) {
      var lines = ServiceManifest(archive.content(of: manifest))
      while true {
        do throws(ServiceManifestError) {
          guard let line = try lines.next() else { break }
          guard let image = archive.entry(named: lines.text(line.program)), image.isFile,
            ProcessName(lines.text(line.name)).isSpelled(name)
          else { continue }
          return ProcessPlan(
            name: ProcessName(name), image: image, argument: line.argument, limits: line.limits,
            restart: line.restart)
        } catch { continue }  // Boot has reported it.
      }
    }
    guard let image = archive.entry(named: name), image.isFile else { return nil }
    return ProcessPlan(
      name: ProcessName(name), image: image, argument: 0, limits: ProcessLimits(),
      restart: .onFailure)
  }

  private static func create(
    _ plan: ProcessPlan, from archive: borrowing Archive, number: Int
  ) -> Bool {
    do throws(Processes.Failure) {
      let thread = try Processes.create(
        plan, file: archive.content(of: plan.image), isAwaited: true)
      var core = Kernel.core(forNumber: number)
      let affinity = plan.affinity
      if !affinity.contains(core) { core = affinity.next(after: core) ?? core }
      Kernel.cores[core].admit(thread)
      return true
    } catch {
      Log.error("\(plan.name) does not start: \(error)")
      return false
    }
  }
}
