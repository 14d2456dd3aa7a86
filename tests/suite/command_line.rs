//! The program as people and scripts call it: exit statuses, output, what is left behind.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn askfirst(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_askfirst"))
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("XDG_CONFIG_HOME")
        .env("TMPDIR", folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_demo_script_tells_both_stories_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let done = askfirst(folder.path(), &["demo", "--script"]);
    let said = text(&done.stdout);
    assert_eq!(
        done.status.code(),
        Some(0),
        "{said}\n{}",
        text(&done.stderr)
    );
    assert_eq!(text(&done.stderr), "");
    for words in [
        "Alice Ng would like to talk to you – interested?",
        "Alice Ng <> Carol Danvers",
        "Alice hears nothing of this",
        "Alice Ng to Carol Danvers: introduced",
        "Alice Ng to Dan Ortiz: declined",
        "author proven",
    ] {
        assert!(said.contains(words), "{words} is missing in\n{said}");
    }
    assert!(said.lines().all(|line| line.chars().count() < 300));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// An operator begins with our words, changes them, and is told what the change forgot.
#[test]
fn words_are_printed_replaced_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| text(&askfirst(folder.path(), arguments).stdout);
    for language in ["de", "en", "es", "fr"] {
        assert!(said(&["words"]).lines().any(|line| line == language));
    }
    assert!(
        said(&["words", "de"])
            .lines()
            .any(|line| line == "thank_no")
    );
    let ask = said(&["words", "en", "ask"]);
    assert!(ask.contains("{{ how }}"), "{ask}");
    assert_eq!(
        askfirst(folder.path(), &["words", "xx"]).status.code(),
        Some(2)
    );
    assert_eq!(
        askfirst(folder.path(), &["words", "en", "aks"])
            .status
            .code(),
        Some(2)
    );

    std::fs::create_dir_all(folder.path().join("mine/en")).unwrap();
    std::fs::write(
        folder.path().join("mine/en/ask.txt"),
        ask.replace("{{ how }}", ""),
    )
    .unwrap();
    std::fs::write(
        folder.path().join("askfirst.toml"),
        "[bot]\naddress = \"intro@bot.example\"\nname = \"Introductions\"\nwords = \"mine\"\n\
         [imap]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\nuser = \"i\"\npassword = \"p\"\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\nuser = \"i\"\npassword = \"p\"\n\
         [[connector]]\nname = \"Bob Kim\"\naddresses = [\"bob@kim.example\"]\n",
    )
    .unwrap();
    for command in ["check", "run"] {
        let done = askfirst(folder.path(), &[command]);
        let said = text(&done.stdout) + &text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{said}");
        let wanted = format!(
            "mine/en/ask.txt:{}: does not say how to answer",
            ask.lines().count()
        );
        assert!(said.contains(&wanted), "{said}");
    }
}

#[test]
fn a_wrong_configuration_is_status_2_and_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("askfirst.toml"),
        "[bot]\nadress = \"x@y.example\"\n",
    )
    .unwrap();
    for command in [&["check"][..], &["run"], &["list"]] {
        let done = askfirst(folder.path(), command);
        let said = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{said}");
        assert!(
            said.contains("askfirst.toml") && said.contains("adress"),
            "{said}"
        );
    }
}

#[test]
fn no_configuration_at_all_says_where_it_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let done = askfirst(folder.path(), &["list"]);
    let said = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("askfirst.toml"), "{said}");
}

#[test]
fn wrong_usage_is_status_2() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        askfirst(folder.path(), &["introduce"]).status.code(),
        Some(2)
    );
    assert_eq!(askfirst(folder.path(), &["explain"]).status.code(), Some(2));
    assert_eq!(askfirst(folder.path(), &["--help"]).status.code(), Some(0));
}

#[test]
fn explain_reads_standard_input_and_goes_on_after_a_bad_file() {
    let folder = tempfile::tempdir().unwrap();
    let mail = "From: Carol <carol@target.example>\r\nSubject: Re: x\r\nMessage-ID: <1@target.example>\r\n\r\nYes please\r\n";
    std::fs::write(folder.path().join("yes.eml"), mail).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_askfirst"))
        .args(["explain", "--json", "missing.eml", "yes.eml", "-"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(mail.as_bytes())
        .unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    let lines: Vec<serde_json::Value> = text(&done.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0]["error"].is_string());
    for line in &lines[1..] {
        assert_eq!(line["verdict"], "yes");
        assert_eq!(line["kind"], "person");
        assert_eq!(line["from"], "carol@target.example");
    }
    assert_eq!(lines[2]["file"], "-");
}

#[test]
fn completions_and_the_manual_page_name_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let manual = text(&askfirst(folder.path(), &["man"]).stdout);
    for shell in ["bash", "zsh", "fish"] {
        let done = askfirst(folder.path(), &["completions", shell]);
        let said = text(&done.stdout);
        for command in [
            "demo", "check", "run", "explain", "list", "show", "cancel", "pause",
        ] {
            assert!(said.contains(command), "{shell}: {command}");
            assert!(manual.contains(command), "man: {command}");
        }
    }
}

/// What a shell offers behind these words; nothing where the shell is not installed.
fn offered(shell: &str, words: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let script = text(&askfirst(folder.path(), &["completions", shell]).stdout);
    std::fs::write(folder.path().join("script"), script).unwrap();
    let play = match shell {
        "fish" => format!("source script; complete -C '{words}'"),
        _ => format!(
            "source ./script; COMP_WORDS=({words} ''); COMP_CWORD=$(({}));\
             _askfirst askfirst '' \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[@]}}\"",
            words.split_whitespace().count()
        ),
    };
    let done = Command::new(shell)
        .args(["-c", &play])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .output()
        .ok()?;
    Some(text(&done.stdout))
}

#[test]
fn shells_complete_the_values_too() {
    for (words, value) in [
        ("askfirst login ", "microsoft"),
        ("askfirst completions ", "zsh"),
        ("askfirst init --provider ", "mailbox.org"),
        ("askfirst init --imap-security ", "starttls"),
        ("askfirst init --oauth2 ", "google"),
        ("askfirst init --direct-requests ", "contacts"),
        ("askfirst list --state ", "undeliverable"),
        ("askfirst run --log ", "json"),
        ("askfirst quarantine ", "retry"),
    ] {
        let bash = offered("bash", words).expect("bash is everywhere");
        assert!(bash.contains(value), "bash, {words}{value}: {bash}");
        if let Some(fish) = offered("fish", words) {
            assert!(fish.contains(value), "fish, {words}{value}: {fish}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let zsh = text(&askfirst(folder.path(), &["completions", "zsh"]).stdout);
    for values in ["(tls starttls none)", "(google microsoft)"] {
        assert!(zsh.contains(values), "zsh: {values}");
    }
}

/// What the daemon looks at a suspect mail with can't take more than any mail may.
#[test]
fn a_suspect_is_read_in_little_memory_and_time() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_askfirst"))
        .args(["explain", "--bounded", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let limits = || std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let has = |limits: &str, name: &str, most: &str| {
        let mut lines = limits.lines();
        let line = lines.find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().rev().nth(1) == Some(most)
    };
    let bounded = |limits: &str| {
        has(limits, "Max address space", "268435456") && has(limits, "Max cpu time", "20")
    };
    let mut tries = 0;
    while !bounded(&limits()) {
        tries += 1;
        assert!(tries < 600, "{}", limits());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let mail = b"From: Carol <carol@target.example>\r\nTo: a@b.example\r\n\r\nYes, gladly.\r\n";
    child.stdin.take().unwrap().write_all(mail).unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert!(
        text(&done.stdout).contains("\"verdict\":\"yes\""),
        "{}",
        text(&done.stdout)
    );
}
