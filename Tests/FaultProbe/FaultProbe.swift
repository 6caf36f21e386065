import FileFaults
import Foundation

/// What faults, lost power and signals leave of a small training, in memory's file system if there
/// is one. Prints counts; ends with status 1 at the first file or result that is not what it must
/// be.
///
/// - `fault-probe`: each call of the file layer fails in turn, and the power after each.
/// - `fault-probe kills COUNT [SEED]`: signals end runs, which are resumed.
/// - `fault-probe allocations [STEP]`: each STEPth allocation fails, which ends most runs.
/// - `fault-probe train FOLDER [CALL NUMBER SIGNAL]`: a run of these, ended within a call; a call
///   with SIGNAL 0 fails for want of memory.
@main
struct FaultProbe {
  /// The calls and the errors that they fail with; 0 writes half of the bytes.
  private static let faults: [(call: fault_call, name: String, errors: [Int32])] = [
    (fault_open, "open", [ENOSPC, EIO, EINTR, EMFILE]),
    (fault_write, "write", [ENOSPC, EIO, EINTR, 0]),
    (fault_fsync, "fsync", [ENOSPC, EIO, EINTR]),
    (fault_linkat, "linkat", [ENOSPC, EIO]), (fault_rename, "rename", [ENOSPC, EIO]),
    (fault_ftruncate, "ftruncate", [EIO, EINTR]), (fault_fchmod, "fchmod", [EIO, EINTR]),
    (fault_close, "close", [EIO, EINTR]), (fault_mkdir, "mkdir", [ENOSPC, EIO]),
    (fault_pread, "pread", [EIO, EINTR]),
  ]

  private let run: FaultedRun
  private var weights: [UInt32] = []
  private var files: [String: [UInt8]] = [:]
  private var versions: [String: Set<[UInt8]>] = [:]

  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "train" { return try train(arguments) }
    let memory = URL(filePath: "/dev/shm")
    let parent =
      access(memory.path, W_OK) == 0 ? memory : FileManager.default.temporaryDirectory
    let folder = parent.resolvingSymlinksInPath().appending(path: "pinion-faults-\(getpid())")
    defer { try? FileManager.default.removeItem(at: folder) }
    var probe = FaultProbe(run: FaultedRun(folder: folder))
    do {
      try probe.record()
      if arguments.first == "kills" {
        try probe.kill(
          arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000,
          seed: arguments.dropFirst(2).first.flatMap { UInt64($0) } ?? 1)
      } else if arguments.first == "allocations" {
        try probe.failAllocations(
          step: arguments.dropFirst().first.flatMap { Int($0) }.map { max(1, $0) } ?? 1)
      } else {
        try probe.crash()
        try probe.injectFaults()
      }
    } catch let failure as Failure {
      Self.say("FAILED: \(failure.text)")
      try? FileManager.default.removeItem(at: folder)
      exit(1)
    }
  }

  /// A run in a folder, which a signal ends within a call. Ends with status 3 if a failure was
  /// asked for and not met.
  private static func train(_ arguments: [String]) throws {
    let run = FaultedRun(folder: URL(filePath: arguments[1]))
    let numbers = arguments.dropFirst(2).compactMap { Int32($0) }
    if numbers.count == 3 {
      let error = numbers[2] == 0 ? ENOMEM : -numbers[2]
      fault_set(fault_call(UInt32(numbers[0])), Int(numbers[1]), error, 0)
      fault_watch(run.folder.path)
    }
    _ = try run.train()
    if numbers.last == 0, fault_hits() == 0 { exit(3) }
  }

  private func kill(_ count: Int, seed: UInt64) throws {
    let calls = Self.faults.map { (call: $0.call, count: fault_count($0.call)) }
    let campaign = KillCampaign(run: run, files: files, calls: calls.filter { $0.count > 0 })
    let (isEqual, text) = try campaign.kill(count, seed: seed)
    guard isEqual else { throw Failure(text: text) }
    Self.say(text)
  }

  private struct Failure: Error {
    let text: String
  }

  private init(run: FaultedRun) { self.run = run }

  /// Writes a line at once, which `print` does on terminals only.
  private static func say(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }

  private var records: UnsafeBufferPointer<fault_record> {
    var count = 0
    let records = fault_records(&count)
    return UnsafeBufferPointer(start: records, count: count)
  }

  /// Trains undisturbed.
  private mutating func record() throws {
    try run.clear()
    fault_watch(run.folder.path)
    fault_recording(1)
    weights = try run.train()
    fault_recording(0)
    files = run.files()
    guard records.count > 100 else {
      throw Failure(text: "only \(records.count) calls were recorded")
    }
    var whole = SimulatedFolder(root: run.folder.path)
    for record in records { whole.apply(record) }
    guard whole.files(after: .nothing) == files else {
      throw Failure(text: "the records do not give the files")
    }
    versions = whole.versions
  }

  /// Trains from each state of each prefix of the recorded calls.
  private func crash() throws {
    fault_watch("")
    let count = records.count
    var folder = SimulatedFolder(root: run.folder.path)
    var states: Set<[String: [UInt8]]> = []
    for (index, record) in records.enumerated() {
      folder.apply(record)
      for loss in SimulatedFolder.Loss.allCases {
        let left = folder.files(after: loss)
        guard states.insert(left).inserted else { continue }
        let place = "\(index + 1) of \(count) calls, \(loss) lost"
        try check(left, place, mayHaveTemporary: true)
        try run.fill(with: left)
        try resume(place)
      }
    }
    Self.say("prefixes: \(count) calls, \(states.count) states of files, all resumed to equal bits")
  }

  /// Injects each fault into runs from nothing, and into runs that go on from a checkpoint.
  private func injectFaults() throws {
    var folder = SimulatedFolder(root: run.folder.path)
    for record in records.prefix(records.count / 2) { folder.apply(record) }
    var total = 0
    for (start, what) in [([:], "runs"), (folder.files(after: .nothing), "resumed runs")] {
      for fault in Self.faults {
        try run.fill(with: start)
        fault_set(fault.call, 0, 0, 0)
        fault_watch(run.folder.path)
        _ = try run.train()
        let count = fault_count(fault.call)
        guard count > 0 else { continue }
        for error in fault.errors {
          for lasts in error == EINTR || error == 0 ? [false] : [false, true] {
            var thrown = 0
            let text =
              "\(fault.name), \(error == 0 ? "half" : String(cString: strerror(error)))"
              + (lasts ? " from then on" : "")
            for number in 1...count {
              try run.fill(with: start)
              let place = "\(text), call \(number) of \(count), \(what)"
              if try fail(fault.call, number, error, lasts, place) { thrown += 1 }
            }
            total += count
            Self.say("\(text): \(count) \(what), \(thrown) errors, all resumed to equal bits")
          }
        }
      }
    }
    Self.say("faults: \(total)")
  }

  /// Has allocations of runs from nothing, and of runs that go on from a checkpoint, fail.
  private func failAllocations(step: Int) throws {
    var folder = SimulatedFolder(root: run.folder.path)
    for record in records.prefix(records.count / 2) { folder.apply(record) }
    for (start, what) in [([:], "runs"), (folder.files(after: .nothing), "resumed runs")] {
      var (number, total, ended) = (1, 0, 0)
      while true {
        try run.fill(with: start)
        let process = try ChildRun.start(
          ["train", run.folder.path, "\(fault_allocation.rawValue)", "\(number)", "0"],
          isQuiet: true)
        process.waitUntilExit()
        if process.terminationReason == .exit, process.terminationStatus == 3 { break }
        let place = "allocation \(number), \(what)"
        // Without this memory, a run may also have ended well.
        let isWhole = process.terminationReason == .exit && process.terminationStatus == 0
        if isWhole, run.files() != files { throw Failure(text: "\(place): other files") }
        try check(run.files(), place, mayHaveTemporary: !isWhole)
        try resume(place)
        (number, total, ended) = (number + step, total + 1, ended + (isWhole ? 0 : 1))
      }
      guard total > 0 else { throw Failure(text: "no allocation failed") }
      Self.say(
        "allocations: \(total) of \(number - 1) failed, \(what), which ended \(ended) of them; all "
          + "resumed to equal bits")
    }
  }

  /// Trains with a fault in what the folder holds. Returns whether an error was thrown.
  private func fail(
    _ call: fault_call, _ number: Int, _ error: Int32, _ lasts: Bool, _ place: String
  ) throws -> Bool {
    fault_set(call, number, error, lasts ? 1 : 0)
    fault_watch(run.folder.path)
    var thrown: (any Error)?
    do {
      let weights = try run.train()
      guard weights == self.weights else { throw Failure(text: "\(place): other weights") }
    } catch let failure as Failure {
      throw failure
    } catch {
      thrown = error
    }
    let hits = fault_hits()
    fault_watch("")
    guard hits > 0 else { throw Failure(text: "\(place): the fault was not injected") }
    if let thrown {
      guard "\(thrown)".contains(run.folder.path) else {
        throw Failure(text: "\(place): an error that names no file: \(thrown)")
      }
      if error == EINTR || error == 0 { throw Failure(text: "\(place): \(thrown)") }
    } else if run.files() != files {
      throw Failure(text: "\(place): no error, but other files")
    }
    try check(run.files(), place, mayHaveTemporary: false)
    try resume(place)
    return thrown != nil
  }

  /// Fails unless each file is a whole version of it, and the log a beginning of the last one.
  private func check(
    _ left: [String: [UInt8]], _ place: String, mayHaveTemporary: Bool
  ) throws {
    for (path, bytes) in left {
      if path.contains(".pinion-"), mayHaveTemporary { continue }
      let isWhole =
        path == "history.csv"
        ? files[path]?.starts(with: bytes) == true : versions[path]?.contains(bytes) == true
      guard isWhole else { throw Failure(text: "\(place): \(path) is neither old nor new") }
    }
  }

  private func resume(_ place: String) throws {
    let weights: [UInt32]
    do {
      weights = try run.train()
    } catch {
      throw Failure(text: "\(place): cannot be resumed: \(error)")
    }
    let files = run.files().filter { !$0.key.contains(".pinion-") }
    guard weights == self.weights else { throw Failure(text: "\(place): resumed to other weights") }
    guard files == self.files else {
      let names = Set(files.keys).union(self.files.keys).filter { files[$0] != self.files[$0] }
      throw Failure(text: "\(place): resumed to other files: \(names.sorted())")
    }
  }
}
