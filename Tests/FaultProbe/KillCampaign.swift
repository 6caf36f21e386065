import FileFaults
import Foundation
import PinionTestSupport

/// Trainings in processes of their own, each ended by a signal again and again and resumed.
struct KillCampaign {
  private static let signals: [(number: Int32, name: String)] = [
    (SIGKILL, "SIGKILL"), (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"),
  ]
  /// Kills of one run before it may end.
  private static let killsOfRun = 10

  let run: FaultedRun
  /// What an undisturbed run leaves.
  let files: [String: [UInt8]]
  /// How often an undisturbed run makes each call.
  let calls: [(call: fault_call, count: Int)]

  /// Ends runs this often; half of the times within a call, such as in the middle of a write.
  /// Returns a line of counts, or why it failed.
  func kill(_ count: Int, seed: UInt64) throws -> (isEqual: Bool, text: String) {
    var generator = SplitMix64(seed: seed)
    var (kills, runs, inCalls) = (0, 0, 0)
    var bySignal: [String: Int] = [:]
    let whole = try duration()
    while kills < count {
      try run.clear()
      for _ in 0..<Self.killsOfRun where kills < count {
        let signal = Self.signals[kills % Self.signals.count]
        let call = calls.randomElement(using: &generator)!
        let isInCall = Bool.random(using: &generator)
        var arguments = ["train", run.folder.path]
        if isInCall {
          let number = Int.random(in: 1...call.count, using: &generator)
          arguments += ["\(call.call.rawValue)", "\(number)", "\(signal.number)"]
        }
        let process = try ChildRun.start(arguments)
        if !isInCall {
          usleep(UInt32.random(in: 0..<whole, using: &generator))
          Glibc.kill(process.processIdentifier, signal.number)
        }
        process.waitUntilExit()
        // A run that had less to do than an undisturbed one has ended before.
        guard process.terminationReason == .uncaughtSignal else {
          guard process.terminationStatus == 0 else {
            return (false, "a run ended with \(process.terminationStatus) after \(kills) kills")
          }
          break
        }
        kills += 1
        inCalls += isInCall ? 1 : 0
        bySignal[signal.name, default: 0] += 1
      }
      let process = try ChildRun.start(["train", run.folder.path])
      process.waitUntilExit()
      runs += 1
      let left = run.files().filter { !$0.key.contains(".pinion-") }
      guard process.terminationStatus == 0, left == files else {
        return (false, "run \(runs) ended with other files after \(kills) kills")
      }
    }
    let signals = bySignal.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    return (
      true,
      "kills: \(kills) in \(runs) runs (\(signals.joined(separator: ", "))), \(inCalls) of them "
        + "within a call; all runs ended with equal files"
    )
  }

  /// Of an undisturbed run, in microseconds.
  private func duration() throws -> UInt32 {
    try run.clear()
    let start = ContinuousClock.now
    try ChildRun.start(["train", run.folder.path]).waitUntilExit()
    return max(1, UInt32((ContinuousClock.now - start) / .microseconds(1)))
  }
}

/// Runs of this program in processes of their own.
enum ChildRun {
  /// - Parameter isQuiet: Without what Swift says of a failed allocation, and without backtraces,
  ///   which take longer than a run.
  static func start(_ arguments: [String], isQuiet: Bool = false) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = arguments
    if isQuiet {
      process.environment = ProcessInfo.processInfo.environment
        .merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
      process.standardError = FileHandle.nullDevice
    }
    try process.run()
    return process
  }
}
