import Foundation
import Pinion
import Testing

/// Save → load → predict is the identity, and a file that is broken or of another network changes nothing.
@Suite struct WeightsFileTests {
  private func trained() throws -> Model {
    let model = try Toy.model()
    try model.fit(Toy.images(30), epochs: 1, batchSize: 10, verbose: false)
    return model
  }

  @Test func loadingGivesTheSamePredictions() throws {
    try Toy.withFolder { folder in
      let file = folder.appending(path: "weights.safetensors")
      let model = try trained()
      let images = try Toy.images(20, seed: 9)
      let expected = try model.predict(images)
      try model.saveWeights(to: file)

      let other = try Toy.model(seed: 77)
      #expect(try other.predict(images) != expected)
      try other.loadWeights(from: file)
      #expect(try other.predict(images) == expected)

      let rebuilt = try Model(contentsOf: file)
      #expect(rebuilt.graph == model.graph)
      #expect(try rebuilt.predict(images) == expected)

      try model.saveWeights(to: folder.appending(path: "again.safetensors"))
      let again = try Data(contentsOf: folder.appending(path: "again.safetensors"))
      #expect(try Data(contentsOf: file) == again)
    }
  }

  @Test func namesAndLayoutsAreKeras() throws {
    try Toy.withFolder { folder in
      let file = folder.appending(path: "weights.safetensors")
      try trained().saveWeights(to: file)
      let entries = try SafeTensorsFile(contentsOf: file).entries
      let shapes = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.shape) })
      #expect(shapes["conv2d_1/kernel"] == [2, 2, 5, 6])
      #expect(shapes["batch_normalization/moving_variance"] == [6])
      #expect(shapes["dense/kernel"] == [24, 8])
      #expect(entries.count == 20)
    }
  }

  @Test func filesOfOtherNetworksAreRefused() throws {
    try Toy.withFolder { folder in
      let file = folder.appending(path: "weights.safetensors")
      let model = try trained()
      let before = model.weights.trainable.array
      func refuse(_ entries: [(String, Shape)], metadata: [String: String] = [:]) throws
        -> FileError
      {
        let numbers = AlignedBuffer(count: 10_000)
        try SafeTensors.write(
          entries.map { name, shape in
            .init(name: name, shape: shape, elements: numbers.view[0..<shape.elementCount])
          }, metadata: metadata, to: file)
        let error = #expect(throws: FileError.self) { try model.loadWeights(from: file) }
        #expect(model.weights.trainable.array == before)
        return try #require(error)
      }
      let right = model.weights.entries.map { ($0.name, $0.shape) }
      #expect(try refuse(Array(right.dropLast())).place.contains("dense_1/bias"))
      #expect(try refuse(right + [("extra", [2])]).place.contains("extra"))
      let turned = right.map { $0.0 == "dense/kernel" ? ($0.0, Shape([8, 24])) : $0 }
      #expect(try refuse(turned).found.contains("(8, 24)"))
      #expect(try refuse(right, metadata: ["pinion.format": "99"]).found == "99")
      #expect(throws: FileError.self) { try Model(contentsOf: file) }
    }
  }

  @Test func brokenFilesAreErrors() throws {
    try Toy.withFolder { folder in
      let file = folder.appending(path: "weights.safetensors")
      let small = try Model(Sequential(input: [2]) { Dense(2) }, loss: .meanSquaredError)
      try small.saveWeights(to: file)
      let whole = [UInt8](try Data(contentsOf: file))
      for count in 0..<whole.count {
        try Data(whole.prefix(count)).write(to: file)
        #expect(throws: FileError.self, "\(count) bytes") { try small.loadWeights(from: file) }
      }
      var random = RandomStream(seed: 5, purpose: "mutations").generator
      for _ in 0..<2_000 {
        var bytes = whole
        for _ in 0...random.next(below: 3) {
          bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256))
        }
        try Data(bytes).write(to: file)
        // Either it is a network's file all the same, or an error; never a trap.
        _ = try? Model(contentsOf: file)
        _ = try? small.loadWeights(from: file)
      }
      #expect(throws: FileError.self) { try small.loadWeights(from: folder) }
      #expect(throws: FileError.self) {
        try small.loadWeights(from: folder.appending(path: "missing"))
      }
    }
  }

  @Test func whatCannotBeWrittenLeavesNothing() throws {
    try Toy.withFolder { folder in
      let missing = folder.appending(path: "no/such/folder/weights.safetensors")
      #expect(throws: FileError.self) { try trained().saveWeights(to: missing) }
      #expect(throws: FileError.self) { try trained().saveWeights(to: folder) }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left.isEmpty)
    }
  }
}
