import Foundation
import Pinion

/// Readers of models and runs.
extension FuzzedReader {
  package static let all = data + images + downloads + models + interchange

  static let numbers = ["0", "-1", "1", "2", "null", "true", "[]", "{}", "\"a\"", "1e3"]
  static let layers = [
    "\"Dense\"", "\"Conv2D\"", "\"Add\"", "\"Flatten\"", "\"Activation\"", "\"Dropout\"",
    "\"same\"", "\"valid\"", "\"inputs\"", "\"layer\"", "\"type\"", "\"configuration\"",
  ]
  private static let arrays = [
    "\"dtype\"", "\"shape\"", "\"data_offsets\"", "__metadata__", "\"F32\"", "\"F16\"", "\"BF16\"",
    "\"F64\"", "\"I64\"", "\"BOOL\"", "\"U8\"", "\\u0041", "\\ud800\\udc00",
  ]

  static let models: [FuzzedReader] = [
    FuzzedReader(
      "safetensors", .safetensors, tokens: numbers + arrays,
      seeds: { _ in
        [
          try ModelSeeds.fixture("safetensors_official.safetensors"),
          try ModelSeeds.fixture("safetensors_pinion.safetensors"),
        ] + SafeTensorsSeeds.valid
      }, refusals: { _ in SafeTensorsSeeds.refusals }, read: SafeTensorsBody.read,
      once: SafeTensorsBody.readExcessive),
    FuzzedReader("configuration", tokens: numbers + layers) { _ in
      try ModelSeeds.configurations
    } refusals: { scratch in
      try ModelSeeds.wrongConfigurations(scratch)
    } read: { url in
      let reader = try FileReader(url)
      let json = Data(try reader.bytes(0..<reader.size, place: "configuration"))
      let graph = try Graph(configuration: json)
      _ = graph.summary(expandingNested: true)
      let saved = try graph.configuration()
      try Expect.that(
        Graph(configuration: saved).configuration() == saved, "the saved configuration differs")
    },
    FuzzedReader(
      "model", .safetensors, tokens: numbers + layers + arrays,
      seeds: { scratch in
        try ModelSeeds.networks.map { network in
          try network.save(to: scratch.url("model"))
          return try scratch.bytes("model")
        }
      }, refusals: ModelSeeds.wrongModels, read: ModelBody.read,
      once: ModelBody.readExcessive),
    FuzzedReader("checkpoint", .safetensors, tokens: numbers + arrays) { scratch in
      try CheckpointSeeds.valid(scratch)
    } refusals: { scratch in
      try CheckpointSeeds.others(scratch)
        + CheckpointSeeds.changed(CheckpointSeeds.valid(scratch)[1])
    } read: { url in
      try SmallRun(checkpoint: url).train()
    },
    FuzzedReader(
      "history", tokens: ["epoch", "loss", "val_loss", ",", "\n"], seeds: LogBody.seeds,
      refusals: LogBody.refusals, read: LogBody.read, once: LogBody.misuse),
    FuzzedReader("report", fileName: "report.json", tokens: numbers) { scratch in
      try ReportSeeds.reports.map { report in
        try report.write(to: scratch.folder)
        return try scratch.bytes("report.json")
      }
    } refusals: { scratch in
      try ReportSeeds.reports[0].write(to: scratch.folder)
      return ReportSeeds.refusals(try scratch.bytes("report.json"))
    } read: { url in
      let summary = try RunSummary(readingFrom: url.deletingLastPathComponent())
      _ = (summary.testLoss, summary.testAccuracy)
      let again = url.deletingLastPathComponent().appending(path: "again")
      try FileManager.default.createDirectory(at: again, withIntermediateDirectories: true)
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      let saved = try encoder.encode(summary)
      try saved.write(to: again.appending(path: "report.json"))
      try Expect.that(
        encoder.encode(RunSummary(readingFrom: again)) == saved, "the saved report differs")
    },
  ]
}
