import Foundation
import InterchangeNetworks
import Pinion

extension ModelSeeds {
  /// Configurations with a change that fits the types of JSON, but no graph.
  @Sendable static func wrongConfigurations(_ scratch: ScratchFile) throws -> [[UInt8]] {
    let sharing = String(decoding: try KerasNetworks.sharing().configuration(), as: UTF8.self)
    let changes = [
      (#""shared":{"both":"both"}"#, #""shared":{"none":"both"}"#),
      (#""shared":{"both":"both"}"#, #""shared":{"both":"none"}"#),
      (#""format":2"#, #""format":3"#), (#""outputs":["#, #""outputs":[0,"#),
      (#""inputs":[0]"#, #""inputs":[]"#), (#""type":"Dense""#, #""type":"Thick""#),
      (#""layer":{"configuration""#, #""other":{"configuration""#), (#""layer":2"#, #""layer":9"#),
      (#""graph":{"inputs""#, #""layer":null,"x":{"inputs""#), (#""layer":2"#, #""layer":1"#),
      (#""units":4"#, #""units":-4"#), (#""units":4"#, #""units":"4""#),
    ]
    return changes.map { old, new in
      Array(sharing.replacingOccurrences(of: old, with: new).utf8)
    } + [
      Array(#"{"format":1,"inputShape":[4],"layers":[],"name":"m"}"#.utf8),
      Array((String(repeating: "[", count: 70)).utf8), Array("{} {}".utf8), Array("[1,2]".utf8),
    ]
  }

  /// Networks whose metadata or tensors are wrong.
  @Sendable static func wrongModels(_ scratch: ScratchFile) throws -> [[UInt8]] {
    let url = scratch.url("wrong")
    try Network(chain, seed: 1).save(to: url)
    let file = try SafeTensorsFile(contentsOf: url)
    func changed(
      _ metadata: [String: String], _ entries: (inout [SafeTensors.Entry]) -> Void = { _ in }
    ) throws -> [UInt8] {
      let buffers = try file.entries.map { entry in
        let buffer = AlignedBuffer(count: entry.shape.elementCount)
        try file.copyElements(of: entry.name, into: buffer.view)
        return buffer
      }
      var arrays = zip(file.entries, buffers).map { entry, buffer in
        SafeTensors.Entry(name: entry.name, shape: entry.shape, elements: buffer.view)
      }
      entries(&arrays)
      try SafeTensors.write(arrays, metadata: file.metadata.merging(metadata) { $1 }, to: url)
      return try withExtendedLifetime(buffers) { try scratch.bytes("wrong") }
    }
    return try [
      changed(["pinion.format": "2"]), changed(["pinion.classes": "{}"]),
      changed(["pinion.classes": "["]), changed(["pinion.graph": "{}"]),
      changed([:]) { $0.removeLast() }, changed([:]) { $0[0].elements[0] = .nan },
      changed([:]) { arrays in
        arrays.append(.init(name: "another", shape: [2], elements: arrays[0].elements[0..<2]))
      }, ModelSeeds.fixture("safetensors_official.safetensors"),
    ]
  }
}
