/* SPDX-License-Identifier: MIT */
#ifndef FAMILY_H
#define FAMILY_H

/* The commands, one family per file; commands.c lists them. Each returns an exit code. */
struct cli;

int status_run(struct cli *c);

int queue_list(struct cli *c);
int queue_add(struct cli *c);
int queue_remove(struct cli *c);
int queue_pause(struct cli *c);
int queue_resume(struct cli *c);
int queue_now(struct cli *c);

int posts_list(struct cli *c);
int posts_show(struct cli *c);
int posts_approve(struct cli *c);
int posts_reject(struct cli *c);
int posts_retry(struct cli *c);
int posts_update(struct cli *c);
int posts_settle(struct cli *c);

int calls_run(struct cli *c);
int ahead_run(struct cli *c);
int explain_run(struct cli *c);

int monitor_run(struct cli *c);

int inspect_check(struct cli *c);
int inspect_config(struct cli *c);
int inspect_lint(struct cli *c);

int publisher_check(struct cli *c);
int publisher_login(struct cli *c);
int notify_list(struct cli *c);
int notify_test(struct cli *c);

int preview_run(struct cli *c);

int backup_run(struct cli *c);
int restore_run(struct cli *c);

int tools_unblock(struct cli *c);
int tools_sandbox(struct cli *c);
int tools_completion(struct cli *c);

#endif
