//! What of an HTML mail is seen, and in which lines.
//!
//! Each hiding style stands in one list, so that a new one is one line.

use super::*;

#[test]
fn blocks_lists_and_tables_keep_their_lines() {
    assert_eq!(
        text(
            "<div>Hi&nbsp;Bob,</div><div><br></div><div>a  <b>b</b>\nc</div><ul><li>x<li>y</ul><table><tr><th>From: <td>Ann<tr><td>To:<td>Bob</table>"
        ),
        "Hi Bob,\n\na b c\n\nx\ny\n\nFrom: Ann\nTo: Bob"
    );
    assert_eq!(text("<p>a</p><p>b</p>"), "a\n\nb");
    assert_eq!(
        text("<p class=MsoNormal>a</p><p class=MsoNormal>b</p>"),
        "a\nb"
    );
    assert_eq!(text("<pre>a\n  b</pre>c"), "a\n  b\nc");
}

#[test]
fn quotes_become_lines_with_marks() {
    assert_eq!(
        text("Yes<blockquote type=cite>a<br><br>b<blockquote>c</blockquote></blockquote>end"),
        "Yes\n> a\n>\n> b\n>> c\nend"
    );
    let marked = text("Yes<div id=x_x_divRplyFwdMsg><b>From:</b> Ann</div>");
    assert_eq!(marked, format!("Yes\n{QUOTE_MARK}\nFrom: Ann"));
    assert!(text("a<div class=ydp123yahoo_quoted>b</div>").contains(QUOTE_MARK));
}

#[test]
fn hidden_text_is_no_text() {
    for hidden in [
        "<span style='display:none'>yes</span>",
        "<span style='DISPLAY : NONE !important'>yes</span>",
        "<span style='visibility:hidden'>yes</span>",
        "<span style='font-size:0'>yes</span>",
        "<span style='font-size:0.0px'>yes</span>",
        "<span style='font:0/0 a'>yes</span>",
        "<span style='opacity:0'>yes</span>",
        "<span style='color:#fff'>yes</span>",
        "<font color=white>yes</font>",
        "<span style='color:rgb(255, 255,255)'>yes</span>",
        "<div style='background:#123456;color:#123456'>yes</div>",
        "<td bgcolor=red><font color='#ff0000'>yes</font></td>",
        "<span style='color:transparent'>yes</span>",
        "<div style='position:absolute;left:-9999px'>yes</div>",
        "<div style='text-indent:-9999px'>yes</div>",
        "<div style='max-height:0;overflow:hidden'>yes</div>",
        "<div style='height:0px;overflow:hidden'>yes</div>",
        "<div style='mso-hide:all'>yes</div>",
        "<div style='clip:rect(0 0 0 0);position:absolute'>yes</div>",
        "<div style='transform:scale(0)'>yes</div>",
        "<div hidden>yes</div>",
        "<s>yes</s>",
        "<del>yes</del>",
        "<strike>yes</strike>",
        "<p style='text-decoration: line-through'>yes</p>",
        "<title>yes</title>",
        "<!-- yes -->",
        "<!--[if mso]>yes<![endif]-->",
        "<script>yes</script>",
        "<template>yes</template>",
        "<img alt=yes>",
        "<input value=yes>",
        "<textarea>yes</textarea>",
        "<select><option>yes</select>",
        "<noscript>yes</noscript>",
        "<style>.a{display:none}</style><p class=a>yes</p>",
        "<style>#b , i.c { font-size : 0 }</style><p id=b>yes</p>",
        "<object>yes</object>",
        "<svg><text>yes</text></svg>",
    ] {
        assert_eq!(text(&format!("no{hidden}")).trim(), "no", "{hidden}");
        assert!(text(&format!("{hidden}no")).ends_with("no"), "{hidden}");
    }
}

#[test]
fn shown_text_is_text() {
    for shown in [
        "<![if !mso]>yes<![endif]>",
        "<div style='background:#000;color:#fff'>yes</div>",
        "<table bgcolor=navy><tr><td><font color=white>yes</font></table>",
        "<span style='display:inline;font-size:10px'>yes</span>",
        "<style>@media print{.a{display:none}}</style><p class=a>yes",
        "<p style='display:none'>x<p>yes",
        "<span style='color:#000'>yes",
    ] {
        assert_eq!(text(shown).trim(), "yes", "{shown}");
    }
}

#[test]
fn broken_and_hostile_html_ends() {
    for piece in [
        "<div>",
        "</div>",
        "<",
        "<a href=\"",
        "<!--",
        "&",
        "<blockquote>",
        "<p><p",
        "<style>",
        "&#x110000;",
        "<b style='",
        "</",
    ] {
        let html = piece.repeat(20_000);
        let _ = text(&html);
    }
}

#[test]
fn what_a_reader_sees_is_no_hidden_text() {
    for seen in [
        "<p style='color: rgb(0, 0, 0); background-color: rgba(0, 0, 0, 0)'>no</p>",
        "<p style='background:#0000'>no</p>",
        "<div style='overflow:hidden;max-height:1em'>no</div>",
        "<div style='width:0;overflow:hidden;min-width:100%'>no</div>",
        "<div style='font-size:.2in'>no</div>",
        "<div style='font-size:0.9cm'>no</div>",
        "<div style='font-size:80%'>no</div>",
        "<blockquote style='margin: 0px 0px 0px 40px; border: none; padding: 0px;'>no</blockquote>",
    ] {
        assert_eq!(text(seen).trim(), "no", "{seen}");
    }
    assert_eq!(text("<q>yes</q>"), "“yes”");
    assert_eq!(text("<input type=checkbox> yes"), "[ ] yes");
    assert_eq!(text("<input type=radio checked> yes"), "[x] yes");
}

#[test]
fn hidden_words_are_kept_apart() {
    for hidden in [
        "<s>no</s>",
        "<del><b>no</b></del>",
        "<div style='display:none'>no</div>",
        "<p style='color:rgba(9,9,9,0)'>no</p>",
        "<p style='/*a*/text-decoration:line-through'>no</p>",
        "<p style='text-decoration:line&#45;through'>no</p>",
        "<p style='text-line-through:single'>no</p>",
        "<noscript>no</noscript>",
        "<textarea>no</textarea>",
        "<img alt='no' src='no.png'>",
        "<input value='no'>",
    ] {
        let shown = shown(&format!(
            "yes{hidden}<div class='gmail_quote'>{hidden}</div>"
        ));
        assert_eq!(shown.hidden.trim(), "no", "{hidden}");
        assert!(!shown.text.contains("no"), "{hidden}");
    }
    for program in [
        "<script>no</script>",
        "<title>no</title>",
        "<!-- no -->",
        "<style>no</style>",
    ] {
        assert_eq!(shown(program).hidden, "", "{program}");
    }
}
