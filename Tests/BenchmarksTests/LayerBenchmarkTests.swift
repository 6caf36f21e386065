import Testing

@Suite struct LayerBenchmarkTests {
  @Test func fileContainsEachPassOfEachLayer() throws {
    let json = try BenchmarkPrograms.json(
      "layer-benchmark",
      [
        "--networks", "cifar10-cnn", "--batch", "2", "--threads", "1", "--repetitions", "1",
        "--seconds", "0.0001", "--algorithm", "im2col", "automatic",
      ])
    let report = try #require(json as? [String: Any])
    #expect(
      Set(report.keys)
        == ["cpu", "cores", "openBLAS", "seconds", "batch", "limits", "layers"])
    let layers = try #require(report["layers"] as? [[String: Any]])
    let convolutions = layers.filter { $0["layer"] as? String == "Conv2D" }
    // Four shapes, three passes, two algorithms.
    #expect(convolutions.count == 24)
    #expect(convolutions.filter { $0["algorithm"] as? String == "im2col" }.count == 12)
    for pass in ["forward", "weight gradient", "input gradient"] {
      #expect(convolutions.filter { $0["pass"] as? String == pass }.count == 8, "\(pass)")
    }
    let pooling = layers.filter { $0["layer"] as? String == "MaxPooling2D" }
    #expect(pooling.map { $0["pass"] as? String }.filter { $0 == "backward" }.count == 3)
    for layer in layers {
      #expect(
        layer["unit"] as? String
          == (layer["layer"] as? String == "MaxPooling2D" ? "GB/s" : "GFLOP/s"))
      #expect((layer["rate"] as? [String: Any])?["median"] is Double)
      #expect(layer["share"] is Double && layer["microsecondsPerImage"] is Double)
    }
  }

  @Test func theGridHasEachKernelAndStride() throws {
    let json = try BenchmarkPrograms.json(
      "layer-benchmark",
      [
        "--grid", "--layers", "DepthwiseConv2D", "--batch", "1", "--threads", "1",
        "--repetitions", "1", "--seconds", "0.0001",
      ])
    let layers = try #require((json as? [String: Any])?["layers"] as? [[String: Any]])
    // Six numbers of channels, six sizes, three kernels, two strides, three passes.
    let cases = 6 * 6 * 3 * 2
    #expect(layers.count == 3 * cases)
    let shapes: Set<String> = Set(layers.compactMap { $0["shapes"] as? String })
    #expect(shapes.count == cases)
  }

  /// Noise decides which passes are slow, but not that those below any limit are listed.
  @Test func theGridEndsWithALimitAndAList() throws {
    let lines = try BenchmarkPrograms.output(
      "layer-benchmark",
      [
        "--grid", "--layers", "GlobalAveragePooling2D", "--batch", "1", "--threads", "1",
        "--repetitions", "1", "--seconds", "0.0001",
      ])
    let place = try #require(lines.firstIndex { $0.hasSuffix("passes below 0.6 of the limit") })
    let counts = lines[place].split(separator: " ").compactMap { Int($0) }
    #expect(counts.count == 2 && counts[1] == 96)
    let list = lines[(place + 1)...].joined(separator: " ")
    #expect(list.split(separator: "×").count - 1 == counts[0])
    #expect(list.isEmpty || list.hasPrefix("- **GlobalAveragePooling2D, "))
    #expect(lines[place...].allSatisfy { $0.count <= 100 })
  }
}
