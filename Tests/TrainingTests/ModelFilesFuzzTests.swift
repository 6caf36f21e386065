import Foundation
import Pinion
import Testing

@testable import PinionTraining

/// Broken files of models load or throw; none traps, and none leaves half of its numbers.
@Suite struct ModelFilesFuzzTests {
  private let folder = TemporaryFolder()
  private let model: Model
  private let bytes: [UInt8]
  private var file: URL { folder.url.appending(path: "a.safetensors") }

  init() throws {
    model = try Model(
      Sequential(input: [3, 3, 1]) {
        Conv2D(1, kernel: 2, padding: .same, activation: .leakyReLU)
        MaxPool2D(padding: .same)
        BatchNormalization()
        Flatten()
        Dense(2, activation: .softmax)
      }, threads: 1)
    let file = folder.url.appending(path: "a.safetensors")
    try model.saveWeights(to: file)
    bytes = try [UInt8](Data(contentsOf: file))
  }

  /// Writes the bytes and loads them in both ways; says whether a model came out.
  private func load(_ bytes: [UInt8]) throws -> Bool {
    try Data(bytes).write(to: file)
    let before = model.bits
    do { try model.loadWeights(from: file) } catch is FileError {
      #expect(model.bits == before)
    }
    do {
      let loaded = try Model(contentsOf: file, threads: 1)
      _ = try loaded.predict(Tensor(repeating: 0.5, shape: loaded.graph.inputShape.prepending(1)))
      return true
    } catch is FileError {
      return false
    } catch is GraphError {
      return false
    }
  }

  @Test func truncatedFilesAreErrors() throws {
    for length in bytes.indices { #expect(try !load(Array(bytes[..<length])), "\(length)") }
    #expect(try load(bytes))
  }

  @Test func brokenFilesLoadOrThrow() throws {
    let random = RandomStream(seed: 1, purpose: "fuzz")
    let tokens = [
      "-1", "0", "1", "2", "99999999", "1e300", "9223372036854775807", "null", "true", "\\\"", "[",
      "]", "{", "}", ",", "\\\"same\\\"", "\\\"Dense\\\"", "\\\"Add\\\"", "\\\"Dropout\\\"", ":",
    ].map { Array($0.utf8) }
    var loaded = 0
    let rounds = 2_500
    for round in 0..<rounds {
      var broken = bytes
      for change in 0...(round % 3) {
        let draw = random.substream(round).bits(at: UInt64(change))
        let place = 8 + Int(draw[0]) % (broken.count - 8)
        switch draw[1] % 4 {
        case 0: broken[place] ^= 1 << UInt8(draw[2] % 8)
        case 1: broken[place] = UInt8(truncatingIfNeeded: draw[2])
        case 2:
          let end = min(broken.count, place + Int(draw[2] % 6))
          broken.replaceSubrange(place..<end, with: tokens[Int(draw[3]) % tokens.count])
        default: replaceNumber(in: &broken, near: place, with: tokens[Int(draw[3]) % 7])
        }
      }
      // The header gets the length that it has now, so that it is read.
      let before = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
      let header = UInt64(max(0, Int(before) + broken.count - bytes.count))
      broken.replaceSubrange(0..<8, with: withUnsafeBytes(of: header, Array.init))
      if try load(broken) { loaded += 1 }
    }
    #expect(loaded > rounds / 50 && loaded < rounds * 9 / 10)
  }

  /// Puts another number in the place of the first one behind a place, where hyperparameters are.
  private func replaceNumber(in bytes: inout [UInt8], near place: Int, with token: [UInt8]) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[place...].firstIndex(where: { digits.contains($0) }) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: token)
  }
}
