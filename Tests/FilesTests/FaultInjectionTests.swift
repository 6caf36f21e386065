import Foundation
import Testing

/// Each call of the file layer fails in turn, power fails after each, and allocations fail.
@Suite(.timeLimit(.minutes(10))) struct FaultInjectionTests {
  @Test func everyFaultLeavesOldOrNewFilesAndResumes() throws {
    let lines = try linesOfProbe()
    let faults = lines.last?.split(separator: " ").last.flatMap { Int($0) }
    #expect((faults ?? 0) > 500, "\(lines)")
  }

  /// One of a few hundred, from nothing and from a checkpoint.
  @Test func failedAllocationsLeaveOldOrNewFilesAndResume() throws {
    let lines = try linesOfProbe("allocations", "499")
    let counts = lines.compactMap { line in
      line.split(separator: " ").lazy.compactMap { Int($0) }.first
    }
    #expect(counts.count == 2 && counts.allSatisfy { $0 > 10 }, "\(lines)")
  }

  /// What the program prints, which ends well.
  private func linesOfProbe(_ arguments: String...) throws -> [Substring] {
    let process = Process()
    process.executableURL = Probe.program(named: "fault-probe")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    return text.split(separator: "\n")
  }
}
