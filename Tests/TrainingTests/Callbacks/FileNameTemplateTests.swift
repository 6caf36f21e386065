import Pinion
import Testing

@testable import PinionTraining

@Suite struct FileNameTemplateCallbackTests {
  private static let logs: Logs = ["val_loss": 0.123456, "big": 12345.678, "negative": -1.5]

  /// Results of Python's `str.format` for the same template and values.
  @Test(arguments: [
    ("plain", "plain"), ("", ""), ("{epoch}", "7"), ("{epoch:d}", "7"), ("{epoch:02d}", "07"),
    ("{epoch:3}", "  7"), ("{epoch:03}", "007"), ("{epoch:.1f}", "7.0"), ("{epoch:0}", "7"),
    ("{val_loss:.2f}", "0.12"), ("{val_loss}", "0.123456"), ("{val_loss:f}", "0.123456"),
    ("{val_loss:10.3f}", "     0.123"), ("{val_loss:010.3f}", "000000.123"),
    ("{big:.2e}", "1.23e+04"), ("{big:.2E}", "1.23E+04"), ("{big:g}", "12345.7"),
    ("{big:.3G}", "1.23E+04"), ("{big:12}", "   12345.678"), ("{negative:07.2f}", "-001.50"),
    ("{{{epoch}}}", "{7}"), ("a}}{{b", "a}{b"), ("é-{epoch}-ü", "é-7-ü"),
    ("w/{epoch:02d}-{val_loss:.2f}.safetensors", "w/07-0.12.safetensors"),
  ])
  func fillsFieldsAsPythonDoes(template: String, name: String) throws {
    #expect(try FileNameTemplate(template).filled(epoch: 7, logs: Self.logs) == name)
  }

  @Test(arguments: [
    ("{epoch", #""}" after "{epoch""#, "the end"),
    ("a}", #"a field's name or "}" before "}""#, "a"),
    ("}", #"a field's name or "}" before "}""#, "nothing"),
    ("{}", #"a metric's name or "epoch" after "{""#, "{}"),
    ("{epoch}{:d}", #"a metric's name or "epoch" after "{""#, "{:d}"),
    ("{logs[loss]}", #"a metric's name or "epoch" after "{""#, "{logs[loss]}"),
    ("{loss!r}", #"a metric's name or "epoch" after "{""#, "{loss!r}"),
    ("{val_loss:d}", #"decimals and "f", "e" or "g", such as {val_loss:.2f}"#, "{val_loss:d}"),
    ("{val_loss:.2}", #"decimals and "f", "e" or "g", such as {val_loss:.2f}"#, "{val_loss:.2}"),
    ("{val_loss:.f}", #"decimals and "f", "e" or "g", such as {val_loss:.2f}"#, "{val_loss:.f}"),
    (
      "{val_loss:.2x}", #"decimals and "f", "e" or "g", such as {val_loss:.2f}"#, "{val_loss:.2x}"
    ),
    ("{val_loss:n}", #"decimals and "f", "e" or "g", such as {val_loss:.2f}"#, "{val_loss:n}"),
    (
      "{val_loss:100f}", #"decimals and "f", "e" or "g", such as {val_loss:.2f}"#, "{val_loss:100f}"
    ),
    ("{epoch:.2d}", #"a width and "d", such as {epoch:02d}"#, "{epoch:.2d}"),
    (
      "{epoch:99999999999999999999d}", #"a width and "d", such as {epoch:02d}"#,
      "{epoch:99999999999999999999d}"
    ),
  ])
  func brokenTemplatesSayWhatIsWrong(template: String, expected: String, found: String) {
    #expect(
      throws: CallbackError.invalidTemplate(template: template, expected: expected, found: found)
    ) { try FileNameTemplate(template) }
  }

  @Test func anUnknownFieldIsAMissingMetric() throws {
    let template = try FileNameTemplate("{recall:.2f}")
    #expect(
      throws: CallbackError.missingMetric(
        callback: "ModelCheckpoint", name: "recall", available: ["big", "negative", "val_loss"])
    ) { try template.filled(epoch: 1, logs: Self.logs) }
  }
}
