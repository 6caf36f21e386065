import Foundation
import Testing

@Suite struct TrainBenchmarkTests {
  @Test func fileHasDocumentedKeys() throws {
    let json = try BenchmarkPrograms.json(
      "train-benchmark",
      [
        "--networks", "fashion-mnist-mlp", "cifar10-mlp", "--batches", "10", "--threads", "1", "2",
        "--seconds", "0.002", "--repeats", "1", "--images", "25",
      ])
    let entries = try #require(json as? [[String: Any]])
    #expect(entries.map { $0["threads"] as? Int } == [1, 2, 1, 2])
    #expect(
      entries.map { $0["network"] as? String }
        == ["fashion-mnist-mlp", "fashion-mnist-mlp", "cifar10-mlp", "cifar10-mlp"])
    let rates = [
      "trainImagesPerSecond", "predictImagesPerSecond", "latencyMicroseconds",
      "latencyP99Microseconds", "peakMemoryBytes",
    ]
    for entry in entries {
      #expect(Set(entry.keys) == Set(rates + ["network", "batch", "threads"]))
      #expect(entry["batch"] as? Int == 10)
      for rate in rates { #expect(try #require(entry[rate] as? Double) > 0, "\(rate)") }
    }
  }

  /// Each configuration is measured in a separate process, so that a larger batch measured before
  /// does not affect the peak memory.
  @Test func memoryIsMeasuredPerConfiguration() throws {
    func memory(_ batches: String...) throws -> [Int] {
      let json = try BenchmarkPrograms.json(
        "train-benchmark",
        ["--networks", "fashion-mnist-personal", "--threads", "1", "--seconds", "0.001"]
          + ["--repeats", "1", "--images", "200", "--batches"] + batches)
      return try #require(json as? [[String: Any]]).compactMap { $0["peakMemoryBytes"] as? Int }
    }
    let bytes = try memory("200", "2")
    #expect(bytes[1] < bytes[0] * 3 / 4)
  }

  @Test func servesMeasurementsOnCommand() throws {
    let lines = try BenchmarkPrograms.output(
      "train-benchmark",
      ["serve", "cifar10-cnn", "--batch", "4", "--threads", "2", "--images", "12"],
      input: "train 0.002\npredict 0.002\nlatency 1 0.002\n")
    let ready = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
    #expect(ready?["parameters"] as? Int == 122_986)
    #expect(lines.count == 4)
    for line in lines.dropFirst() { #expect(try #require(Double(line)) > 0) }
  }

  #if arch(x86_64)
  /// On a processor that OpenBLAS does not know, such as Emerald Rapids for 0.3.21, it takes its
  /// fallback, the kernels of Prescott. On others, this holds anyway.
  @Test func kernelsAreNotOpenBLASsFallback() throws {
    let cpu = try String(contentsOf: URL(filePath: "/proc/cpuinfo"), encoding: .utf8)
    let flags = cpu.split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ")
    guard let flags, flags.contains("avx2"), flags.contains("fma") else { return }
    let kernels = try kernels(coreType: nil)
    #expect(!kernels.isEmpty && kernels != "Prescott")
  }

  @Test(arguments: ["Prescott", "Nehalem"]) func chosenKernelsStay(coreType: String) throws {
    #expect(try kernels(coreType: coreType) == coreType)
  }

  /// The kernels of a program that starts with a value of `OPENBLAS_CORETYPE`, or without it.
  private func kernels(coreType: String?) throws -> String {
    let lines = try BenchmarkPrograms.output(
      "train-benchmark", ["serve", "fashion-mnist-mlp"],
      environment: ["OPENBLAS_CORETYPE": coreType])
    let json = try JSONSerialization.jsonObject(with: Data(try #require(lines.first).utf8))
    let ready = try #require(json as? [String: Any])
    let words = try #require(ready["description"] as? String).split(separator: " ")
    return String(try #require(words.last))
  }
  #endif

  @Test func predictsFromAFile() throws {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "pinion-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try BenchmarkPrograms.output("train-benchmark", ["export", "cifar10-cnn", file.path])
    let lines = try BenchmarkPrograms.output("train-benchmark", ["first-prediction", file.path])
    #expect(lines.count == 1 && 0..<10 ~= Int(lines[0]) ?? -1)
  }

  /// Costs of a million times those of the baseline fail, and of a millionth pass, on a busy
  /// machine as well.
  @Test func theCheckFailsOnWhatIsSlowerThanTheBaseline() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    func check(_ more: String...) throws -> [Substring] {
      try BenchmarkPrograms.output(
        "train-benchmark",
        ["check", "--baseline", file.path, "--networks", "fashion-mnist-mlp", "--layers", "Dense"]
          + ["--batch", "2", "--threads", "1", "--rounds", "1", "--seconds", "0.002"] + more)
    }
    _ = try check("--write")
    let written = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    var baseline = try #require(written as? [String: Any])
    let costs = try #require(baseline["costs"] as? [String: Double])
    #expect(costs["fashion-mnist-mlp, training"] != nil)
    #expect(costs["fashion-mnist-mlp, prediction"] != nil)
    #expect(costs.keys.filter { $0.hasPrefix("Dense ") && $0.hasSuffix(", forward") }.count == 5)
    #expect(costs.keys.filter { $0.hasSuffix(", both passes") }.count == 5)
    func scale(by factor: Double) throws {
      baseline["costs"] = costs.mapValues { $0 * factor }
      try JSONSerialization.data(withJSONObject: baseline).write(to: file)
    }
    try scale(by: 1e6)
    #expect(try check().last == "Nothing is slower.")
    try scale(by: 1e-6)
    #expect(throws: (any Error).self) { try check() }
  }
}
