import Foundation
import Testing

/// Each call of the file layer fails in turn, and power fails after each.
@Suite(.timeLimit(.minutes(10))) struct FaultInjectionTests {
  @Test func everyFaultLeavesOldOrNewFilesAndResumes() throws {
    let process = Process()
    process.executableURL = Probe.program(named: "fault-probe")
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    let faults = text.split(separator: "\n").last?.split(separator: " ").last.flatMap { Int($0) }
    #expect((faults ?? 0) > 500, "\(text)")
  }
}
