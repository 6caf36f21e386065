import Foundation

/// Checkpoints of the small run, and others.
enum CheckpointSeeds {
  /// At the end of a run, and of its first epoch.
  static func valid(_ scratch: ScratchFile) throws -> [[UInt8]] {
    try [2, 1].map { try checkpoint(of: SmallRun(epochs: $0), scratch) }
  }

  /// Of other runs.
  static func others(_ scratch: ScratchFile) throws -> [[UInt8]] {
    try SmallRun.others.map { try checkpoint(of: $0, scratch) }
  }

  private static func checkpoint(of run: SmallRun, _ scratch: ScratchFile) throws -> [UInt8] {
    var run = run
    let url = scratch.url("seed")
    run.checkpoint = url
    // Otherwise it would resume.
    try? FileManager.default.removeItem(at: url)
    try run.train()
    return try scratch.bytes("seed")
  }

  /// A valid checkpoint with changes within it, and the checksums that belong to them.
  ///
  /// - Parameter checkpoint: Of a run with callbacks and a metric, after its first epoch.
  static func changed(_ checkpoint: [UInt8]) -> [[UInt8]] {
    let split = Structure.safetensors.split(checkpoint)!
    let (header, elements) = (split.parts[0].bytes, split.parts[1].bytes)
    func changed(_ change: (String) -> String) -> [UInt8] {
      split.join([Array(change(String(decoding: header, as: UTF8.self)).utf8), elements])
    }
    func changed(_ old: String, _ new: String) -> [UInt8] {
      changed { $0.replacingOccurrences(of: old, with: new) }
    }
    var (nan, damaged) = (elements, checkpoint)
    nan.replaceSubrange(0..<nan.count, with: [UInt8](repeating: 0xFF, count: nan.count))
    damaged[checkpoint.count - 1] ^= 1
    return [
      changed(#""pinion.checkpoint":"3""#, #""pinion.checkpoint":"1""#),
      changed("pinion.checkpoint", "another"), changed("pinion.state", "another"),
      changed(#"pinion.crc32":"#, #"pinion.crc33":"#), changed(#"\"epoch\":1"#, #"\"epoch\":7"#),
      changed(#"\"epoch\":1"#, #"\"epoch\":\"1\""#), changed("model/dense", "model/other"),
      split.join([header, nan]), damaged, changed(#"\"step\":2"#, #"\"step\":-2"#),
      changed { states(in: $0, #""values\":\""#) { _ in "{}" } },
      changed { states(in: $0, #""values\":\""#) { _ in "[" } },
      changed { states(in: $0, #""metrics\":[\""#) { _ in "{}" } },
      // The counts of callbacks below 0.
      changed { text in
        states(in: text, #""values\":\""#) { $0.replacing(/"wait":\d+/, with: #""wait":-5"#) }
      },
    ]
  }

  /// Changes the JSON, in base 64, after each occurrence of a text.
  private static func states(
    in text: String, _ start: String, _ change: (String) -> String
  ) -> String {
    var pieces = text.components(separatedBy: start)
    for index in pieces.indices.dropFirst() {
      let code = pieces[index].prefix { $0 != "\\" }
      guard let data = Data(base64Encoded: String(code.replacing("\\/", with: "/"))) else {
        continue
      }
      let changed = Data(change(String(decoding: data, as: UTF8.self)).utf8)
      pieces[index] = changed.base64EncodedString() + pieces[index].dropFirst(code.count)
    }
    return pieces.joined(separator: start)
  }
}
