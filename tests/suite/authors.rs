//! Forged authors, mail by mail: what each provider's header looks like, and every way we know to
//! write one's own on top of, below or inside it.

#![allow(clippy::unwrap_used)]

use askfirst::reader::Proof;
use askfirst::reader::author::{Facts, judge};
use askfirst::reader::letter::Letter;

const ID: &str = "mx.example.org";

/// A mail with this header, with the line ends of the wire.
fn letter(header: &str) -> Letter {
    let mail = format!("{header}\nYes, happy to.\n");
    askfirst::reader::open(mail.replace('\n', "\r\n").as_bytes())
}

fn proof_with(header: &str, ids: &[&str], facts: Option<&Facts>) -> Proof {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let (proof, why) = judge(&letter(header), &ids, facts);
    assert!(!why.is_empty());
    proof
}

fn proof(header: &str) -> Proof {
    proof_with(header, &[ID], None)
}

#[track_caller]
fn is(expected: Proof, header: &str) {
    assert_eq!(proof(header), expected, "{header}");
}

const FROM: &str = "From: Carol <carol@target.example>\n";
const PASS: &str =
    "Authentication-Results: mx.example.org; dmarc=pass header.from=target.example\n";
const FAIL: &str =
    "Authentication-Results: mx.example.org; dmarc=fail header.from=target.example\n";
const NONE: &str =
    "Authentication-Results: mx.example.org; dmarc=none header.from=target.example; spf=none\n";
const STRANGER: &str =
    "Authentication-Results: mx.evil.test; dmarc=pass header.from=target.example\n";
const HOP: &str = "Received: from mail.target.example (mail.target.example [192.0.2.1])\n\tby mx.example.org (Postfix) with ESMTPS id 1\n";
const FOREIGN_HOP: &str = "Received: from mx.example.org by other.test with ESMTP id 2\n";

#[test]
fn providers_write_it_in_their_own_way() {
    let gmail = "Delivered-To: intro@bot.example\n\
        Received: by 2002:a05:6a10:1234:b0:4e:1:2 with SMTP id x1csp123;\n        Mon, 2 Nov 2026 10:00:00 -0700 (PDT)\n\
        X-Google-Smtp-Source: AGHT+xyz\n\
        X-Received: by 2002:a17:906:c104 with SMTP id z4-20020a;\n\
        ARC-Seal: i=1; a=rsa-sha256; t=1; cv=none; d=google.com; s=arc; b=x==\n\
        ARC-Authentication-Results: i=1; mx.google.com;\n       dkim=pass header.i=@target.example;\n       dmarc=pass header.from=target.example\n\
        Return-Path: <carol@target.example>\n\
        Received: from mail.target.example (mail.target.example. [192.0.2.1])\n        by mx.google.com with SMTPS id 1sor1\n\
        Received-SPF: pass (google.com: domain of carol@target.example designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;\n\
        Authentication-Results: mx.google.com;\n       dkim=pass header.i=@target.example header.s=s1 header.b=\"Ab/c+1=\";\n       spf=pass (google.com: domain of carol@target.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=carol@target.example;\n       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=target.example;\n       dara=pass header.i=@bot.example\n\
        DKIM-Signature: v=1; a=rsa-sha256; d=target.example\n";
    assert_eq!(
        proof_with(&format!("{gmail}{FROM}"), &["mx.google.com"], None),
        Proof::Proven
    );
    let other = gmail.replace("mx.google.com;", "mx.google.com.evil.test;");
    assert_eq!(
        proof_with(&format!("{other}{FROM}"), &["mx.google.com"], None),
        Proof::Unproven
    );

    // Postfix with opendmarc, opendkim and policyd-spf: a field from each.
    let postfix = format!(
        "{HOP}Authentication-Results: mx.example.org; dmarc=pass (p=none dis=none) header.from=target.example\n\
         Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.1\n\
         DKIM-Filter: OpenDKIM Filter v2.11.0 mx.example.org 4ABC\n\
         Authentication-Results: mx.example.org;\n\tdkim=pass (2048-bit key; unprotected) header.d=target.example header.i=@target.example header.a=rsa-sha256 header.s=s1 header.b=AbC/;\n\tdkim-atps=neutral\n\
         Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=target.example\n{FROM}"
    );
    is(Proof::Proven, &postfix);

    let dkim_only = format!(
        "Authentication-Results: mx.example.org; dkim=pass header.d=mail.target.example; spf=fail\n{HOP}{FROM}"
    );
    is(Proof::Proven, &dkim_only);
    // rspamd and Fastmail name several things in one field.
    let fastmail = format!(
        "{HOP}Authentication-Results: mx.example.org;\n    arc=none (no signatures found);\n    bimi=skipped (DMARC Policy is not at enforcement);\n    dkim=fail (invalid) header.d=lists.test;\n    dkim=pass (2048-bit rsa key sha256) header.d=target.example header.i=@target.example header.b=x;\n    dmarc=pass policy.published-domain-policy=none policy.applied-disposition=none policy.evaluated-disposition=none (p=none,d=none,d.eval=none) policy.policy-from=p header.from=target.example;\n    iprev=pass smtp.remote-ip=192.0.2.1 (mail.target.example);\n    spf=pass smtp.mailfrom=carol@target.example smtp.helo=mail.target.example\nX-ME-Authentication-Results: mx.example.org; aligned_from=pass\n{FROM}"
    );
    is(Proof::Proven, &fastmail);
}

const MICROSOFT: &str = "Received: from AM0PR01.eurprd01.prod.outlook.com (2603::1) by\n DB8PR01.eurprd01.prod.outlook.com with HTTPS; Mon, 2 Nov 2026 10:00:00 +0000\n\
    Received: from AM5EUR03FT019.eop-EUR03.prod.protection.outlook.com\n (2603::2) by AM0PR01.outlook.office365.com\n (2603::3) with Microsoft SMTP Server\n\
    Authentication-Results: spf=pass (sender IP is 192.0.2.1)\n smtp.mailfrom=target.example; dkim=pass (signature was verified)\n header.d=target.example;dmarc=pass action=none\n header.from=target.example;compauth=pass reason=100\n\
    Received-SPF: Pass (protection.outlook.com: domain of target.example designates 192.0.2.1)\n\
    Received: from mail.target.example (192.0.2.1) by\n AM5EUR03FT019.mail.protection.outlook.com (10.1.2.3) with Microsoft SMTP Server\n";

#[test]
fn microsoft_has_a_mode_of_its_own() {
    let mail = format!("{MICROSOFT}{FROM}");
    assert_eq!(proof_with(&mail, &["microsoft"], None), Proof::Proven);
    assert_eq!(
        proof_with(&mail, &["mx.example.org"], None),
        Proof::Unproven
    );
    let failed = mail.replace("dmarc=pass action=none", "dmarc=fail action=oreject");
    assert_eq!(proof_with(&failed, &["microsoft"], None), Proof::Fails);
    // A field that did not come from Microsoft's border.
    let elsewhere = mail.replace(
        "AM5EUR03FT019.mail.protection.outlook.com",
        "mail.evil.test",
    );
    assert_eq!(
        proof_with(&elsewhere, &["microsoft"], None),
        Proof::Unproven
    );
    let look_alike = mail.replace(
        "AM5EUR03FT019.mail.protection.outlook.com",
        "eviloutlook.com",
    );
    assert_eq!(
        proof_with(&look_alike, &["microsoft"], None),
        Proof::Unproven
    );
    // The word itself as an id, which the sender may write.
    let word =
        format!("Authentication-Results: microsoft; dmarc=pass header.from=target.example\n{FROM}");
    assert_eq!(proof_with(&word, &["microsoft"], None), Proof::Unproven);
    // A topmost field that is not believed is not skipped for a better one.
    let inside = format!(
        "Authentication-Results: spf=none; dmarc=none header.from=target.example\nReceived: by localhost\n{mail}"
    );
    assert_eq!(proof_with(&inside, &["microsoft"], None), Proof::Unproven);
    // Microsoft's own field on top counts, and none below it.
    let forged_below = format!(
        "{}{}{FROM}",
        MICROSOFT
            .replace("dmarc=pass", "dmarc=none")
            .replace("dkim=pass", "dkim=none"),
        MICROSOFT
    );
    assert_eq!(
        proof_with(&forged_below, &["microsoft"], None),
        Proof::Unproven
    );
}

#[test]
fn f1_nothing_proves_nothing() {
    is(Proof::Unproven, FROM);
    is(Proof::Unproven, &format!("{HOP}{FROM}"));
    assert_eq!(
        proof_with(&format!("{PASS}{FROM}"), &[], None),
        Proof::Unproven
    );
}

#[test]
fn f4_a_forged_field_in_any_order_proves_nothing() {
    is(Proof::Proven, &format!("{PASS}{HOP}{FROM}"));
    is(Proof::Proven, &format!("{HOP}{PASS}{FROM}"));
    // The real field is on top; the forged one anywhere below.
    for forged in [
        format!("{NONE}{PASS}{HOP}{FROM}"),
        format!("{NONE}{HOP}{PASS}{FROM}"),
        format!("{HOP}{NONE}{PASS}{FROM}"),
        format!("{HOP}{NONE}{FROM}{PASS}"),
        format!("{HOP}{NONE}Subject: x\n{PASS}{FROM}"),
        format!("{HOP}{NONE}{STRANGER}{PASS}{FROM}"),
        format!("{HOP}{STRANGER}{FROM}"),
        format!("{STRANGER}{HOP}{NONE}{PASS}{FROM}"),
        format!("{HOP}{NONE}Received-SPF: pass\n{PASS}{FROM}"),
        format!("{NONE}{HOP}{HOP}{PASS}{FROM}"),
        format!("{NONE}{NONE}{PASS}{FROM}"),
        format!("{HOP}Authentication-Results: mx.example.org; none\nReceived: x\n{PASS}{FROM}"),
        // No real field: the forged one stands below somebody else's hop.
        format!("{FOREIGN_HOP}{PASS}{FROM}"),
        format!("{HOP}{FOREIGN_HOP}{PASS}{FROM}"),
    ] {
        is(Proof::Unproven, &forged);
    }
    for forged in [
        format!("{FAIL}{PASS}{HOP}{FROM}"),
        format!("{PASS}{FAIL}{HOP}{FROM}"),
        format!("{FAIL}{HOP}{PASS}{FROM}"),
        format!("{HOP}{FAIL}{PASS}{FROM}"),
        format!("{HOP}{FAIL}{FROM}{PASS}"),
        format!("{FAIL}{STRANGER}{PASS}{FROM}"),
    ] {
        is(Proof::Fails, &forged);
    }
}

#[test]
fn hops_inside_a_machine_room_are_ours() {
    for host in [
        "localhost",
        "mailstore1",
        "10.0.0.7",
        "[127.0.0.1]",
        "store.mail.internal",
        "imap.example.org",
        "2002:a05:1",
    ] {
        is(
            Proof::Proven,
            &format!("Received: from mx.example.org by {host} with LMTP id 3\n{PASS}{FROM}"),
        );
    }
    is(
        Proof::Unproven,
        &format!("Received: from x by example.org.evil.test with LMTP id 3\n{PASS}{FROM}"),
    );
    // An operator whose mail is stored elsewhere names that, too.
    let stored = format!("Received: from mx.example.org by store.other.test id 3\n{PASS}{FROM}");
    assert_eq!(
        proof_with(&stored, &[ID, "other.test"], None),
        Proof::Proven
    );
    let (_, why) = judge(&letter(&stored), &[ID.to_owned()], None);
    assert!(why.contains("store.other.test"), "{why}");
}

#[test]
fn f5_ids_and_results_are_exact() {
    for value in [
        "mx.example.org.evil.test; dmarc=pass header.from=target.example",
        "evil.mx.example.org; dmarc=pass header.from=target.example",
        "xmx.example.org; dmarc=pass header.from=target.example",
        "example.org; dmarc=pass header.from=target.example",
        "(mx.example.org); dmarc=pass header.from=target.example",
        "evil.test (mx.example.org); dmarc=pass header.from=target.example",
        "evil.test mx.example.org; dmarc=pass header.from=target.example",
        "mx.example.org; (dmarc=pass header.from=target.example)",
        "mx.example.org; none (dmarc=pass header.from=target.example)",
        "mx.example.org; spf=pass (dmarc=pass header.from=target.example)",
        "mx.example.org; notdmarc=pass header.from=target.example",
        "mx.example.org; x-dmarc=pass header.from=target.example",
        "mx.example.org; dmarc=passed header.from=target.example",
        "mx.example.org; dmarc=bestguesspass header.from=target.example",
        "mx.example.org; dmarc=none header.from=target.example",
        "mx.example.org; dmarc=temperror header.from=target.example",
        "mx.example.org; dmarc=pass",
        "mx.example.org; dmarc=pass header.from=target.example.evil.test",
        "mx.example.org; dmarc=pass header.from=eviltarget.example",
        "mx.example.org; dmarc=pass header.from=mail.target.example",
        "mx.example.org; dmarc=pass header.from=evil.test header.from=target.example",
        "mx.example.org; dmarc=pass header.from=target.example header.from=evil.test",
        "mx.example.org; dmarc=pass smtp.from=target.example",
        "mx.example.org; dmarc=pass policy.from=target.example",
        "mx.example.org; dmarc=pass reason=\"header.from=target.example\"",
        "mx.example.org; spf=pass reason=\"x; dmarc=pass header.from=target.example\"",
        "mx.example.org; spf=pass smtp.mailfrom=\"a;dmarc=pass header.from=target.example\"",
        "mx.example.org; dmarc=pass header.from=target.example; dmarc=none header.from=target.example",
        "mx.example.org 2; dmarc=pass header.from=target.example",
        "mx.example.org; dkim=pass header.d=evil.test",
        "mx.example.org; dkim=pass header.i=carol@evil.test",
        "mx.example.org; dkim=pass header.d=evil.test header.i=carol@target.example",
        "mx.example.org; dkim=pass header.d=target.example header.d=evil.test",
        "mx.example.org; dkim=pass header.d=example",
        "mx.example.org; dkim=fail header.d=target.example",
        "mx.example.org; dkim=neutral header.d=target.example",
        "mx.example.org; dkim-adsp=pass header.from=target.example",
        "mx.example.org; domainkeys=pass header.d=target.example",
        "mx.example.org; arc=pass header.oldest-pass=0 header.d=target.example",
        "mx.example.org; dmarc=temperror; dkim=pass header.d=target.example",
        "mx.example.org; auth=pass smtp.auth=carol@target.example",
    ] {
        is(
            Proof::Unproven,
            &format!("Authentication-Results: {value}\n{HOP}{FROM}"),
        );
    }
    for value in [
        "mx.example.org; dmarc=pass header.from=target.example",
        "MX.example.ORG; DMARC=Pass Header.From=Target.Example",
        "\"mx.example.org\"; dmarc=pass header.from=\"target.example\"",
        "mx.example.org;dmarc=pass\n\t(p=none;\n dmarc=fail)\n header.from = target.example",
        "(a (b)) mx.example.org (c) 1 (d); dmarc (e) = (f) pass (g) header.from=target.example",
        "mx.example.org; dkim=fail header.d=target.example; dkim=pass header.d=target.example",
        "mx.example.org; dmarc=none; dkim=pass header.i=@mail.target.example",
    ] {
        is(
            Proof::Proven,
            &format!("Authentication-Results: {value}\n{HOP}{FROM}"),
        );
    }
}

#[test]
fn f5_two_fields_that_disagree_count_for_the_worse() {
    let field = |results: &str| format!("Authentication-Results: mx.example.org; {results}\n");
    let dkim = field("dkim=pass header.d=target.example");
    is(Proof::Proven, &format!("{dkim}{FROM}"));
    is(
        Proof::Unproven,
        &format!("{}{dkim}{FROM}", field("dkim=fail header.d=target.example")),
    );
    is(
        Proof::Unproven,
        &format!("{dkim}{}{FROM}", field("dkim=none")),
    );
    is(
        Proof::Unproven,
        &format!("{}{PASS}{FROM}", field("dmarc=permerror")),
    );
    is(
        Proof::Unproven,
        &format!("{}{PASS}{FROM}", field("dmarc=pass header.from=evil.test")),
    );
    is(
        Proof::Unproven,
        &format!("{}{PASS}{FROM}", field("dmarc=pass (")),
    );
    is(Proof::Fails, &format!("{dkim}{FAIL}{FROM}"));
}

#[test]
fn f6_f7_a_doubtful_from_is_unproven_at_best() {
    let pass = format!("{PASS}{HOP}");
    for from in [
        "From: carol@target.example\nFrom: evil@z.example\n",
        "From: evil@z.example\nFrom: carol@target.example\n",
        "From: carol@target.example\nfrom : evil@z.example\n",
        "From : carol@target.example\n",
        "From: evil@z.example\n <carol@target.example>\n",
        "From: carol@target.example, evil@z.example\n",
        "From: <evil@z.example>:<carol@target.example>\n",
        "From: <carol@target.example> <evil@z.example>\n",
        "From: g:carol@target.example;\n",
        "From: \"carol\"@target.example\n",
        "",
    ] {
        is(Proof::Unproven, &format!("{pass}{from}"));
    }
    is(
        Proof::Fails,
        &format!("{FAIL}From: a@x.example, b@x.example\n"),
    );
}

#[test]
fn f8_a_name_is_no_address() {
    let mail = format!("{PASS}From: \"carol@target.example\" <evil@z.example>\n");
    is(Proof::Unproven, &mail);
    assert_eq!(
        letter(&mail).from.person().unwrap().address.as_str(),
        "evil@z.example"
    );
}

#[test]
fn f9_a_look_alike_domain_is_another() {
    for domain in [
        "t\u{430}rget.example",
        "ｔarget.example",
        "target.ехample",
        "xn--trget-4ve.example",
        "target.example.test",
    ] {
        is(
            Proof::Unproven,
            &format!("{PASS}From: Carol <carol@{domain}>\n"),
        );
    }
    is(
        Proof::Proven,
        &format!("{PASS}From: Carol <carol@TARGET.example.>\n"),
    );
}

#[test]
fn f10_f11_other_fields_are_not_the_author() {
    let evil = "Authentication-Results: mx.example.org; dmarc=pass header.from=z.example\n";
    let mail = format!(
        "{evil}From: evil@z.example\nReply-To: carol@target.example\nSender: carol@target.example\n"
    );
    is(Proof::Proven, &mail);
    assert_eq!(
        letter(&mail).from.person().unwrap().address.as_str(),
        "evil@z.example"
    );
    is(
        Proof::Proven,
        &format!("{PASS}{FROM}Sender: assistant@target.example\n"),
    );
    is(
        Proof::Unproven,
        &format!("{evil}{FROM}Sender: evil@z.example\n"),
    );
}

#[test]
fn f12_spf_alone_proves_nothing() {
    is(
        Proof::Unproven,
        &format!(
            "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=carol@target.example; dkim=none\n{FROM}"
        ),
    );
    is(
        Proof::Unproven,
        &format!(
            "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=target.example header.from=target.example header.d=target.example\n{FROM}"
        ),
    );
    is(
        Proof::Unproven,
        &format!("Received-SPF: pass (mx.example.org)\n{FROM}"),
    );
}

#[test]
fn what_was_verified_here_counts_by_alignment() {
    let facts = |domains: &[&str], dmarc_policy: Option<bool>| Facts {
        dkim_domains: domains.iter().map(|d| (*d).to_owned()).collect(),
        dmarc_policy,
    };
    let proof = |facts: &Facts| proof_with(FROM, &[], Some(facts));
    assert_eq!(
        proof(&facts(&["target.example"], Some(true))),
        Proof::Proven
    );
    assert_eq!(
        proof(&facts(&["evil.test", "mail.target.example"], None)),
        Proof::Proven
    );
    assert_eq!(proof(&facts(&["evil.test"], Some(false))), Proof::Unproven);
    assert_eq!(proof(&facts(&["evil.test"], None)), Proof::Unproven);
    assert_eq!(proof(&facts(&["evil.test"], Some(true))), Proof::Fails);
    assert_eq!(proof(&facts(&[], Some(true))), Proof::Fails);
    assert_eq!(proof(&facts(&["example"], Some(false))), Proof::Unproven);
    // A trusted server saw more (SPF) than we can; its fail is a fail all the same.
    let none = facts(&[], Some(true));
    assert_eq!(
        proof_with(&format!("{PASS}{FROM}"), &[ID], Some(&none)),
        Proof::Proven
    );
    let good = facts(&["target.example"], Some(true));
    assert_eq!(
        proof_with(&format!("{FAIL}{FROM}"), &[ID], Some(&good)),
        Proof::Fails
    );
    assert_eq!(
        proof_with(&format!("{NONE}{FROM}"), &[ID], Some(&good)),
        Proof::Proven
    );
    let two = "From: a@target.example, b@target.example\n";
    assert_eq!(proof_with(two, &[], Some(&good)), Proof::Unproven);
}

/// What another program writes is read as it was meant.
#[test]
fn results_of_mail_auth_are_understood() {
    use mail_auth::dkim::{DkimError, Signature};
    use mail_auth::{AuthenticationResults, DkimOutput, DmarcOutput, DmarcResult, Error};
    let signature = |d: &str| Signature {
        d: d.to_owned(),
        s: "s1".to_owned(),
        b: b"signature of some length".to_vec(),
        ..Signature::default()
    };
    let (good, other) = (signature("target.example"), signature("lists.test"));
    let failed =
        || DkimOutput::fail(Error::Dkim(DkimError::FailedBodyHashMatch)).with_signature(&good);
    let passed = |by| DkimOutput::pass().with_signature(by);
    let dmarc = |result: DmarcResult| {
        DmarcOutput::default()
            .with_domain("target.example")
            .with_dkim_result(result)
    };
    let from = "carol@target.example";
    let cases = [
        (vec![passed(&good)], None, Proof::Proven),
        (vec![failed(), passed(&other)], None, Proof::Unproven),
        (vec![failed(), passed(&good)], None, Proof::Proven),
        (
            vec![passed(&other)],
            Some(DmarcResult::None),
            Proof::Unproven,
        ),
        (vec![failed()], Some(DmarcResult::Pass), Proof::Proven),
        (
            vec![passed(&other)],
            Some(DmarcResult::Fail(Error::NotAligned)),
            Proof::Fails,
        ),
        (
            vec![failed()],
            Some(DmarcResult::TempError(Error::NotAligned)),
            Proof::Unproven,
        ),
    ];
    for (dkim, policy, expected) in cases {
        let mut results = AuthenticationResults::new(ID).with_dkim_results(&dkim, from);
        if let Some(policy) = policy {
            results = results.with_dmarc_result(&dmarc(policy));
        }
        let header = format!(
            "Authentication-Results: {}\n{FROM}",
            results.to_string().replace("\r\n", "\n")
        );
        is(expected, &header);
    }
}

#[test]
fn f7_nothing_is_cleaned_away_before_the_author_is_read() {
    for from in [
        "From: carol\u{0}@target.example\n",
        "From: carol@target.example\u{0}@z.example\n",
        "From: carol@tar\u{202e}get.example\n",
        "From: carol@tar\u{ad}get.example\n",
        "From: carol@target.example\u{200b}\n",
        "From: Carol\u{1} <carol@target.example>\n",
        "From\u{200b}: evil@z.example\nFrom: carol@target.example\n",
        "From\u{1}: evil@z.example\nFrom: carol@target.example\n",
    ] {
        is(Proof::Unproven, &format!("{PASS}{HOP}{from}"));
    }
}
